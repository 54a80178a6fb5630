import type { HandlerTable } from '../platform/ws/dispatcher.ts'
import type { Workspace } from '../protocol/workspace.ts'
import type { Features } from './features.ts'

/** The one answer that draws on every feature: what the first screen needs [WS-21]. */
export const createWorkspace = (
  name: string,
  { users, channels, presence }: Pick<Features, 'users' | 'channels' | 'presence'>,
) => {
  const load = async (userId: string): Promise<Workspace> => {
    const [me, everybody, mine, open] = await Promise.all([
      users.get(userId),
      users.list(),
      channels.mine(userId),
      channels.openTo(userId),
    ])
    return { name, me, users: everybody, online: presence.online(), channels: mine, open }
  }
  const socket: HandlerTable = {
    'workspace.load': (who) => load(who.userId),
    ping: () => ({}),
  }
  return { load, socket }
}
