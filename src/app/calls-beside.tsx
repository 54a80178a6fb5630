import { useMemo } from 'preact/hooks'
import { CallCardView } from '../features/calls-history/index.ts'
import type { Beside } from '../features/chat/index.ts'
import { CallLocked } from '../features/moderation/index.ts'
import type { CallLoader } from './call-loader.ts'
import { useCall, useWorkspace } from './context.ts'
import { shutIn } from './moderation.tsx'
import type { Workspace } from './workspace.ts'

type CardProps = { workspace: Workspace; calls: CallLoader; slug: string; id: string }

/** One call in the channel's messages; the one that runs can be joined from there. */
const Card = ({ workspace, calls, slug, id }: CardProps) => {
  const { callHistory, channels, presence, me } = workspace
  const call = callHistory.of(slug).get(id)
  const channel = channels.get(slug)
  if (!call || !channel) return null
  const isIn = channel.call.some(({ userId }) => userId === me.id)
  const join = () => void calls.open({ slug, name: channel.name })
  const isOpen = call.endedAt === null && !isIn
  const shut = isOpen ? shutIn(workspace, channel) : undefined
  return (
    <CallCardView
      call={call}
      nameOf={presence.nameOf}
      join={isOpen && !shut ? join : undefined}
      instead={shut && <CallLocked words={shut} />}
    />
  )
}

/** The calls of a channel, as what stands between its messages. Read only by the list that draws them. */
export const useCallsBeside = (slug: string): Beside => {
  const workspace = useWorkspace()
  const calls = useCall()
  return useMemo(() => {
    const log = () => workspace.callHistory.of(slug)
    return {
      get entries() {
        return log().state.calls.map(({ id, startedAt }) => ({ key: id, at: startedAt }))
      },
      get hasMore() {
        return log().state.hasMore
      },
      get loadOlder() {
        return log().loadOlder
      },
      draw: (id) => <Card workspace={workspace} calls={calls} slug={slug} id={id} />,
    }
  }, [workspace, calls, slug])
}
