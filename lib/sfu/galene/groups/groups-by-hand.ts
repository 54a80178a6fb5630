import type { GroupPort } from '../../sfu.ts'
import { IN_STEP, type Poke, stateOf } from './group-look.ts'

const BY_HAND = 'kept by hand: Pyrite sees that the group exists, not what it says'
const NO_ANSWER = 'kept by hand, and the call server does not answer'

/** Groups that somebody keeps by hand (`galene.sync = "off"`): Pyrite only signs tokens, and says what is missing. */
export const groupsByHand = ({ poke }: { poke: Poke }): GroupPort => ({
  prepare: async () => undefined,
  names: async () => [],
  keep: async () => false,
  drop: async () => false,
  flush: async () => undefined,
  async look(name) {
    const status = await poke(name)
    if (status === undefined) return { state: 'pending', reason: NO_ANSWER }
    const missing = `the call server has no group ${name}: put what "pyrite galene print ${name}" prints into its file groups/${name}.json`
    const state = stateOf(status, missing)
    return state === IN_STEP ? { ...IN_STEP, reason: BY_HAND } : state
  },
})
