import type { MyChannel } from '../../lib/protocol/channels.ts'
import { ModerateDialog, type Place, personMenu, shutWords } from '../features/moderation/index.ts'
import { useWorkspace } from './context.ts'
import type { Workspace } from './workspace.ts'

/** A channel as moderation looks at it; from now on what the ledger says there is kept true. */
export const placeIn = (workspace: Workspace, channel: MyChannel): Place => {
  const { moderation, presence, me } = workspace
  const { slug } = channel
  moderation.watch(slug, channel.role === 'moderator' || me.role === 'admin')
  return {
    channel,
    me,
    people: presence.state.users,
    roles: moderation.state.roles.get(slug),
    acts: moderation.actsIn(slug),
  }
}

/** Why I cannot come into a channel's call now; undefined where I can. */
export const shutIn = (workspace: Workspace, channel: MyChannel): string | undefined => {
  const { callHistory, moderation } = workspace
  const { slug } = channel
  const stays = callHistory.of(slug).state.calls.flatMap((call) => call.stays)
  const mine = { stays, kickedAt: moderation.kickedAt(slug) }
  return shutWords(placeIn(workspace, channel), mine, moderation.now())
}

/** The menu of a person in a channel. Undefined for those who may do nothing there. */
export const personMenuIn = (workspace: Workspace, place: Place) => (userId: string) =>
  personMenu({ store: workspace.moderation, place, userId, toasts: workspace.toasts })

/** The dialog that asks for a reason, wherever it was opened from. */
export const ModerationDialog = () => {
  const workspace = useWorkspace()
  const { moderation, channels, toasts } = workspace
  const { asking } = moderation.state
  const channel = asking && channels.get(asking.channelSlug)
  if (!asking || !channel) return null
  return (
    <ModerateDialog
      key={`${asking.channelSlug} ${asking.kind} ${asking.userId}`}
      store={moderation}
      place={placeIn(workspace, channel)}
      asking={asking}
      toasts={toasts}
    />
  )
}
