import type { Kysely } from 'kysely'

/** One step of the schema, for every database. `name` is the file's name without its ending, and orders them. Never edited after a release. */
export type Migration = { name: string; up(db: Kysely<unknown>): Promise<void> }
