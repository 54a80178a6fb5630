import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Row } from './rows.ts'
import type { Scope } from './scope.ts'

/** What a benchmark gets. `quick` asks for rough figures within seconds. */
export type Context = {
  quick: boolean
  /** Says something the reader of the figures must know: what was scaled down, or left out and why. */
  note(text: string): void
}

/** One group of measurements, run by its name. */
export type Benchmark = { name: string; run(context: Context, scope: Scope): Promise<Row[]> }

/** A folder on the project's own disk, for /tmp may be memory, where a commit costs nothing. */
export const newFolder = async (scope: Scope): Promise<string> => {
  const parent = join(import.meta.dirname, '../.runs')
  await mkdir(parent, { recursive: true })
  const folder = await mkdtemp(join(parent, 'run-'))
  scope.defer(() => rm(folder, { recursive: true, force: true }))
  return folder
}
