import type { ChannelRole } from '../../../protocol/channels.ts'
import type { Caller } from '../../sfu.ts'
import type { BridgeNeeds } from './bridge.ts'

/** As what somebody may join now, and the token that lets them in; or a stable word and a sentence that say why not. */
export type Admission = { role: ChannelRole; token: string } | { error: string; message: string }

/** Asks whether somebody may join a group now [SFU-4] [SFU-5]. The group is in step when this resolves. */
export const admit = async (
  { policy, groups, tokens }: Pick<BridgeNeeds, 'policy' | 'groups' | 'tokens'>,
  caller: Caller,
  group: string,
): Promise<Admission> => {
  const found = await policy(caller, group)
  if ('error' in found) return found
  const { role } = found
  await groups.settled(group)
  const ticket = { username: caller.username, group, role, recording: groups.mayRecord(group) }
  const [token] = await Promise.all([tokens.sign(ticket), groups.mustBeJoinable(group)])
  return { role, token }
}
