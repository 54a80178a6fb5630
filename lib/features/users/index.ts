import { usersRoutes } from './routes.ts'
import { type UsersNeeds, usersRules } from './users.ts'

export { createHashing, type Hashing } from './hashing.ts'
export { UserShape, usersPaths } from './openapi.ts'

/** The people of the workspace: who they are, what they may administer, and their passwords' hashes. Routes belong at /api/users. */
export const createUsers = (needs: UsersNeeds) => {
  const users = usersRules(needs)
  return { ...users, routes: usersRoutes(users) }
}
export type Users = ReturnType<typeof createUsers>
