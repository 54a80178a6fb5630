import { handle } from '../../platform/ws/dispatcher.ts'
import { CallHistory } from '../../protocol/calls.ts'
import type { CallRules } from './calls.ts'

/** The calls.* messages a browser may send. */
export const callSocket = (calls: CallRules) => ({
  'calls.history': handle(CallHistory, (who, body) => calls.history(who.userId, body)),
})
