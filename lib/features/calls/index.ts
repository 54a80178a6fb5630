import { type CallsNeeds, callRules } from './calls.ts'
import { callRoutes } from './routes.ts'

export { callsPaths } from './routes.ts'

/** Who is in each channel's call, who may join it, and how it stands. */
export const createCalls = (needs: CallsNeeds) => {
  const calls = callRules(needs)
  return { ...calls, routes: callRoutes(calls) }
}
