import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openDatabase } from '../../../../../lib/platform/db/open.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pyrite-kill-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Twenty writers that say the number of each row they were told is stored. */
const writers = (path: string) => `
import { writeSync } from 'node:fs'
import { openDatabase } from ${JSON.stringify(pathToFileURL('lib/platform/db/open.ts').href)}
const { write } = await openDatabase({ path: ${JSON.stringify(path)} })
let n = 0
for (let writer = 0; writer < 20; writer += 1) {
  void (async () => {
    for (;;) {
      const slug = 's' + ++n
      await write((sqlite) => sqlite.prepare('insert into channels (name, slug) values (?, ?)').run(slug, slug))
      writeSync(1, slug + '\\n')
    }
  })()
}`

it('what was acknowledged is there after the process is killed at any moment, and the file is whole', async () => {
  const path = join(folder, 'pyrite.db')
  for (let round = 1; round <= 3; round += 1) {
    rmSync(path, { force: true })
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', writers(path)],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    const acknowledged: string[] = []
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged.push(line)
      if (acknowledged.length === round * 137) child.kill('SIGKILL')
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    const { db, close } = await openDatabase({ path })
    const rows = await db.selectFrom('channels').select('slug').execute()
    const stored = new Set(rows.map(({ slug }) => slug))
    expect(acknowledged.filter((slug) => !stored.has(slug))).toEqual([])
    expect(acknowledged.length).toBeGreaterThanOrEqual(round * 137)
    await close()
    rmSync(`${path}-wal`, { force: true })
    rmSync(`${path}-shm`, { force: true })
  }
})
