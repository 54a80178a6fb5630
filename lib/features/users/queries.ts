import type { Db } from '../../platform/db/index.ts'
import type { Role, User } from '../../protocol/users.ts'

const PUBLIC = ['id', 'username', 'displayName', 'role', 'disabled'] as const
type Row = { id: string; username: string; displayName: string; role: Role; disabled: number }

const asUser = (row: Row): User => ({ ...row, disabled: row.disabled === 1 })
const asFlag = (yes: boolean): number => (yes ? 1 : 0)

export const byId = async (db: Db, id: string): Promise<User | undefined> => {
  const row = await db.selectFrom('users').select(PUBLIC).where('id', '=', id).executeTakeFirst()
  return row && asUser(row)
}

export const byUsername = async (db: Db, username: string): Promise<User | undefined> => {
  const row = await db
    .selectFrom('users')
    .select(PUBLIC)
    .where('username', '=', username)
    .executeTakeFirst()
  return row && asUser(row)
}

export const all = async (db: Db): Promise<User[]> =>
  (await db.selectFrom('users').select(PUBLIC).orderBy('username').execute()).map(asUser)

export const passwordHashOf = async (db: Db, id: string): Promise<string | undefined> => {
  const row = await db
    .selectFrom('users')
    .select('passwordHash')
    .where('id', '=', id)
    .executeTakeFirst()
  return row?.passwordHash
}

/** Admins who can sign in. */
export const countAdmins = async (db: Db): Promise<number> => {
  const { n } = await db
    .selectFrom('users')
    .select((count) => count.fn.countAll<number>().as('n'))
    .where('role', '=', 'admin')
    .where('disabled', '=', 0)
    .executeTakeFirstOrThrow()
  return Number(n)
}

export const insert = async (
  db: Db,
  user: User,
  passwordHash: string,
  createdAt: Date,
): Promise<void> => {
  await db
    .insertInto('users')
    .values({
      ...user,
      disabled: asFlag(user.disabled),
      passwordHash,
      createdAt: createdAt.toISOString(),
    })
    .execute()
}

export const update = async (db: Db, { id, displayName, role, disabled }: User): Promise<void> => {
  await db
    .updateTable('users')
    .set({ displayName, role, disabled: asFlag(disabled) })
    .where('id', '=', id)
    .execute()
}

export const setPasswordHash = async (db: Db, id: string, passwordHash: string): Promise<void> => {
  await db.updateTable('users').set({ passwordHash }).where('id', '=', id).execute()
}
