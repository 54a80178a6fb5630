import { useEffect, useState } from 'preact/hooks'
import { useRoute } from 'preact-iso'
import { Button } from '../ui/Button.tsx'
import { TriangleAlert, Video } from '../ui/icons.tsx'
import { Empty } from '../ui/Placeholders.tsx'

type Way = 'asking' | 'none' | 'unreachable'

/** Goes where the portal sends; answers why it sends nowhere. The portal leads to another origin, whose answer no script may read. */
const follow = async (portal: string): Promise<Way> => {
  try {
    const { type } = await fetch(portal, { redirect: 'manual', cache: 'no-store' })
    if (type !== 'opaqueredirect') return 'none'
    location.replace(portal)
    return 'asking'
  } catch {
    return 'unreachable'
  }
}

/** On the way to a call in Galene's own page, which sent somebody here who had to sign in first. */
export const InGalene = () => {
  const slug = useRoute().params.channelSlug ?? ''
  const [way, setWay] = useState<Way>('asking')
  const go = () => {
    let isWanted = true
    setWay('asking')
    void follow(`/galene/portal?group=${encodeURIComponent(slug)}`).then(
      (next) => isWanted && setWay(next),
    )
    return () => {
      isWanted = false
    }
  }
  useEffect(go, [slug])
  const channel = (
    <a class={`button ${way === 'none' ? 'gold' : 'quiet'}`} href={`/channels/${slug}`}>
      Go to the channel
    </a>
  )
  if (way === 'asking') {
    return (
      <div class="page" role="status">
        <Empty isPage title="Opening the call" icon={<Video size={28} />}>
          <p>You are on your way to Galene’s page.</p>
        </Empty>
      </div>
    )
  }
  const isAway = way === 'unreachable'
  return (
    <div class="page" role="alert">
      <Empty
        isPage
        title={isAway ? 'Pyrite cannot be reached' : 'This call cannot be opened in Galene’s page'}
        icon={<TriangleAlert size={28} />}
      >
        <p>
          {isAway
            ? 'The server does not answer. Check your connection, then try again.'
            : 'Its page is not in use here, or there is no such call. Join from the channel instead.'}
        </p>
        <div class="empty-actions">
          {isAway && (
            <Button kind="gold" onClick={() => void go()}>
              Try again
            </Button>
          )}
          {channel}
        </div>
      </Empty>
    </div>
  )
}
