import { type CallsNeeds, callRules } from './calls.ts'
import { callRoutes } from './routes.ts'
import { callSocket } from './socket.ts'

export { callsPaths } from './openapi.ts'

/** Who is in each channel's call and was in its past ones, who may join it, and how it stands. */
export const createCalls = (needs: CallsNeeds) => {
  const calls = callRules(needs)
  return { ...calls, routes: callRoutes(calls), socket: callSocket(calls) }
}
