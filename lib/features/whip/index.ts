import type { WhipNeeds } from './needs.ts'
import { whipKeyRoutes, whipRoutes } from './routes.ts'
import { whipSocket } from './socket.ts'
import { whipRules } from './whip.ts'

export type { WhipNeeds } from './needs.ts'
export { publishesInto } from './queries.sqlite.ts'
export { whipPaths } from './routes.ts'

/** Devices that publish into calls over HTTP (WHIP), and the keys that let them. `door` is for /whip, `routes` for /api/channels. */
export const createWhip = (needs: WhipNeeds) => {
  const whip = whipRules(needs)
  return {
    ...whip,
    door: whipRoutes(whip),
    routes: whipKeyRoutes(whip),
    socket: whipSocket(whip),
  }
}
