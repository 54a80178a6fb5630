import { type AdminNeeds, adminRules } from './admin.ts'
import { adminRoutes } from './routes.ts'

export { adminPaths } from './routes.ts'

/** What admins see of the call server, and its check. Routes belong at /api/admin. */
export const createAdmin = (needs: AdminNeeds) => {
  const admin = adminRules(needs)
  return { ...admin, routes: adminRoutes(admin) }
}
