import { useEffect } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { Button } from '../ui/Button.tsx'
import { Hash } from '../ui/icons.tsx'
import { Mark } from '../ui/Mark.tsx'
import { Empty } from '../ui/Placeholders.tsx'
import { useWorkspace } from './context.ts'
import type { OpenDialog } from './Dialogs.tsx'

export const LAST_CHANNEL = 'last-channel'

const hasRoomForBoth = () => matchMedia('(min-width: 721px)').matches

const Nothing = ({ open }: { open: (dialog: OpenDialog) => void }) => (
  <div class="page">
    <Empty isPage title="No channels yet" icon={<Hash size={28} />}>
      <p>Channels are where people talk. Create the first one, or join an open one.</p>
      <p class="empty-actions">
        <Button kind="gold" onClick={() => open('create')}>
          Create a channel
        </Button>
        <Button onClick={() => open('browse')}>Browse open channels</Button>
      </p>
    </Empty>
  </div>
)

/** No channel chosen: the one of last time, or what to do when there is none. On a phone, the head of the list below. */
export const ChannelsHome = ({ open }: { open: (dialog: OpenDialog) => void }) => {
  const { channels, storage, state } = useWorkspace()
  const { route } = useLocation()
  const { loaded, mine } = channels.state
  const last = storage.read(LAST_CHANNEL)
  const target = mine.find(({ slug }) => slug === last) ?? mine[0]
  useEffect(() => {
    if (target && hasRoomForBoth()) route(`/channels/${target.slug}`, true)
  }, [target?.slug])
  return (
    <>
      <header class="team list-head">
        <Mark name={state.name} />
        <h1 class="team-name">{state.name}</h1>
      </header>
      {loaded && !target && <Nothing open={open} />}
    </>
  )
}
