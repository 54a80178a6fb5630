import { useEffect, useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import type { MyChannel } from '../../lib/protocol/channels.ts'
import {
  BrowseChannels,
  ChannelPanel,
  CreateChannel,
  type Destination,
  JumpDialog,
} from '../features/channels/index.ts'
import { useWorkspace } from './context.ts'
import { personMenuIn, placeIn } from './moderation.tsx'
import { peopleOf } from './people.ts'
import type { Workspace } from './workspace.ts'

export type OpenDialog = 'jump' | 'create' | 'browse' | 'panel'

export type DialogsProps = {
  open: OpenDialog
  setOpen: (dialog: OpenDialog | undefined) => void
  /** The channel in the address. */
  slug: string | undefined
}

type Route = (url: string) => void
type SetOpen = DialogsProps['setOpen']

const destinationsOf = ({ channels }: Workspace, route: Route, setOpen: SetOpen): Destination[] => {
  const page = (name: string, url: string): Destination => ({
    key: url,
    name,
    what: 'Page',
    unread: 0,
    go: () => route(url),
  })
  const act = (name: string, dialog: OpenDialog): Destination => ({
    key: dialog,
    name,
    what: 'Action',
    unread: 0,
    go: () => setOpen(dialog),
  })
  return [
    ...channels.state.mine.map(({ slug, name, unread }) => ({
      key: `/channels/${slug}`,
      name,
      what: 'Channel',
      unread,
      go: () => route(`/channels/${slug}`),
    })),
    page('People', '/people'),
    page('Settings', '/settings'),
    act('Create a channel', 'create'),
    act('Browse open channels', 'browse'),
  ]
}

/** What few look for comes when somebody looks: its code is no part of the first load. */
const Media = ({ channel }: { channel: MyChannel }) => {
  const { log } = useWorkspace()
  const [part, setPart] = useState<typeof import('./pages.tsx')>()
  useEffect(() => {
    import('./pages.tsx').then(setPart, log.bug)
  }, [log])
  if (!part) return null
  return (
    <>
      <part.ChannelMediaPart channel={channel} />
      <part.ChannelLogPart channel={channel} />
    </>
  )
}

/** The one dialog that is open over the frame. */
export const Dialogs = ({ open, setOpen, slug }: DialogsProps) => {
  const workspace = useWorkspace()
  const { route } = useLocation()
  const { channels, socket, me } = workspace
  const onClose = () => setOpen(undefined)
  const goTo = (target: string) => {
    onClose()
    route(`/channels/${target}`)
  }
  const channel = channels.get(slug ?? '')
  if (open === 'create') {
    return <CreateChannel channels={channels} onClose={onClose} onCreated={goTo} />
  }
  if (open === 'browse') {
    const onCreate = () => setOpen('create')
    return (
      <BrowseChannels channels={channels} onClose={onClose} onCreate={onCreate} onJoined={goTo} />
    )
  }
  if (open === 'jump') {
    const destinations = destinationsOf(workspace, route, setOpen)
    return <JumpDialog destinations={destinations} onClose={onClose} />
  }
  if (!channel) return null
  const onLeft = () => {
    onClose()
    route('/channels', true)
  }
  return (
    <ChannelPanel
      channel={channel}
      channels={channels}
      people={peopleOf(workspace)}
      wire={socket}
      me={me}
      onClose={onClose}
      onLeft={onLeft}
      menuFor={personMenuIn(workspace, placeIn(workspace, channel))}
    >
      <Media channel={channel} />
    </ChannelPanel>
  )
}
