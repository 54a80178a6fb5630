import { moderationRules } from './moderation.ts'
import type { ModerationNeeds } from './needs.ts'
import { moderationRoutes } from './routes.ts'
import { moderationSocket } from './socket.ts'

export { createLedger } from './ledger.ts'
export type { ModerationNeeds } from './needs.ts'
export { moderationPaths } from './routes.ts'

/** The ledger: who was moderated by whom, why and until when; what is in force is enforced at every door. */
export const createModeration = (needs: ModerationNeeds) => {
  const moderation = moderationRules(needs)
  return {
    ...moderation,
    routes: moderationRoutes(moderation),
    socket: moderationSocket(moderation),
  }
}
export type Moderation = ReturnType<typeof createModeration>
