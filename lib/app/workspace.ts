import type { Config } from '../platform/config/schema.ts'
import type { HandlerTable } from '../platform/ws/dispatcher.ts'
import { ratePerPerson } from '../platform/ws/rate.ts'
import type { Workspace } from '../protocol/workspace.ts'
import type { Features } from './features.ts'

type WorkspaceNeeds = Pick<Features, 'users' | 'channels' | 'presence'> & {
  config: Config['workspace']
  now: () => Date
}

/** The one answer that draws on every feature: what the first screen needs [WS-21]. Throws `too-many-requests` [WS-23]. */
export const createWorkspace = ({ config, users, channels, presence, now }: WorkspaceNeeds) => {
  const { name } = config
  const mustBeSlow = ratePerPerson({
    perSecond: config.loads_per_second,
    burst: config.loads_burst,
    now: () => now().getTime(),
    message: 'you load the workspace faster than this server allows',
  })
  const load = async (userId: string): Promise<Workspace> => {
    mustBeSlow(userId)
    const [me, everybody, open] = await Promise.all([
      users.get(userId),
      users.list(),
      channels.openTo(userId),
    ])
    // Last, so that no push about a call or a message leaves between the reading and the answer.
    const mine = await channels.mine(userId)
    return { name, me, users: everybody, online: presence.online(), channels: mine, open }
  }
  const socket: HandlerTable = {
    'workspace.load': (who) => load(who.userId),
    ping: () => ({}),
  }
  return { load, socket }
}
