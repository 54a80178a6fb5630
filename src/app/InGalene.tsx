import { useEffect } from 'preact/hooks'
import { useRoute } from 'preact-iso'
import { Empty } from '../ui/Placeholders.tsx'

/** On the way to a call in Galene's own page, which sent somebody here who had to sign in first. */
export const InGalene = () => {
  const slug = useRoute().params.channelSlug ?? ''
  useEffect(() => {
    location.replace(`/galene/portal?group=${encodeURIComponent(slug)}`)
  }, [slug])
  return (
    <div class="page">
      <Empty isPage title="Opening the call">
        <p>You are on your way to Galene’s page.</p>
      </Empty>
    </div>
  )
}
