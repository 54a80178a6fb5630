import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLog } from '../../../../../../lib/platform/log.ts'
import { SfuProcess } from '../../../../../../lib/sfu/galene/server/process.ts'
import { eventually } from '../../../../../support/eventually.ts'

let folder: string
const started: SfuProcess[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pyrite-child-'))
})
afterEach(async () => {
  for (const child of started.splice(0)) await child.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** A child that does nothing, and answers as soon as it runs. Its pid file cannot be written: its folder is a file. */
const startOnAFullDisk = async () => {
  const blocked = join(folder, 'data')
  writeFileSync(blocked, '')
  const seen = { up: 0, gone: 0 }
  const child = new SfuProcess({
    run: {
      name: 'quiet',
      command: process.execPath,
      args: () => ['-e', 'setInterval(() => undefined, 1000)'],
      environment: {},
      watchesStdin: false,
    },
    log: createLog('silent'),
    pidFile: join(blocked, 'sfu.pid'),
    check: async () => true,
    gone: () => {
      seen.gone += 1
    },
    up: () => {
      seen.up += 1
    },
  })
  started.push(child)
  await child.start()
  return { child, seen }
}

describe('a supervised SFU whose folder can no longer be written', () => {
  it('runs once, and is not started beside itself', async () => {
    const { child, seen } = await startOnAFullDisk()
    expect(seen).toEqual({ up: 1, gone: 0 })
    expect(child.pid()).toBeGreaterThan(0)
  })

  it('is started again when it ends, and Pyrite lives on', async () => {
    const { child, seen } = await startOnAFullDisk()
    const first = child.pid()
    child.replace()
    await eventually(() => expect(seen).toEqual({ up: 2, gone: 1 }))
    expect(child.pid()).not.toBe(first)
  })
})
