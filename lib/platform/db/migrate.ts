import type { Kysely } from 'kysely'
import { CHECKSUMS } from '../../../migrations/checksums.ts'
import { MIGRATIONS } from '../../../migrations/index.ts'
import type { Migration } from '../../../migrations/migration.ts'
import { PyriteError } from '../errors.ts'
import type { Db } from './index.ts'

type Applied = { name: string; checksum: string }
type MigrateNeeds = {
  now: () => Date
  migrations?: readonly Migration[]
  /** The SHA-256 of each migration's source by name, as `npm run generate` wrote it. */
  checksums?: Readonly<Record<string, string>>
}

const refuse = (message: string): PyriteError => new PyriteError('storage.unavailable', message)

const mustBeOurs = (
  applied: readonly Applied[],
  migrations: readonly Migration[],
  checksumOf: (name: string) => string,
) => {
  for (const [at, { name, checksum }] of applied.entries()) {
    if (migrations[at]?.name !== name) {
      throw refuse(
        `This database was made by a newer Pyrite: it holds the migration ${name}, which this version does not know. ` +
          'Start that newer version, or restore a backup from before the upgrade.',
      )
    }
    if (checksumOf(name) !== checksum) {
      throw refuse(
        `The migration ${name} is not the one this database was made with: it was changed after its release. ` +
          'Put the released version back and add a new migration instead.',
      )
    }
  }
}

/**
 * Brings the schema up to date, each migration in a transaction of its own together with its record: one that fails leaves nothing.
 * Answers the names of those it applied. Throws `storage.unavailable` for a schema it does not know or that was made otherwise.
 */
export const migrate = async (
  db: Db,
  { now, migrations = MIGRATIONS, checksums = CHECKSUMS }: MigrateNeeds,
): Promise<string[]> => {
  const checksumOf = (name: string): string => {
    const checksum = checksums[name]
    if (checksum === undefined) throw new Error(`no checksum for ${name}: run npm run generate`)
    return checksum
  }
  await db.schema
    .createTable('migrations')
    .ifNotExists()
    .addColumn('name', 'text', (column) => column.primaryKey().notNull())
    .addColumn('checksum', 'text', (column) => column.notNull())
    .addColumn('appliedAt', 'text', (column) => column.notNull())
    .execute()

  /** Applies the next one that is missing. Looks again each time, for another process may be at it too. */
  const step = () =>
    db.transaction().execute(async (tx) => {
      const applied = await tx
        .selectFrom('migrations')
        .select(['name', 'checksum'])
        .orderBy('name')
        .execute()
      mustBeOurs(applied, migrations, checksumOf)
      const next = migrations[applied.length]
      if (!next) return
      const { name } = next
      await next.up(tx as unknown as Kysely<unknown>)
      await tx
        .insertInto('migrations')
        .values({ name, checksum: checksumOf(name), appliedAt: now().toISOString() })
        .execute()
      return name
    })

  const done: string[] = []
  for (let name = await step(); name !== undefined; name = await step()) done.push(name)
  return done
}
