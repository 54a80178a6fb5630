import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { runCommand } from '../../lib/app/commands.ts'
import { FINDINGS } from '../../lib/app/doctor-findings.ts'
import type { Config } from '../../lib/platform/config/schema.ts'
import type { Examination } from '../../lib/protocol/admin.ts'
import { eventually } from '../support/eventually.ts'
import { type Pyrite, type PyriteOptions, startPyrite } from '../support/pyrite.ts'
import { galenes } from '../support/sfu.ts'

/** The settings that the running server has, for a command beside it. */
const environmentOf = ({ sfu, database }: Config) => ({
  PATH: process.env.PATH,
  PYRITE_CONFIG: '/dev/null',
  PYRITE_DATABASE_PATH: database.path,
  PYRITE_SFU_URL: sfu.url,
  PYRITE_SFU_GALENE_BINARY: sfu.galene_binary,
  PYRITE_SFU_GROUPS_DIR: sfu.groups_dir,
  PYRITE_SFU_DATA_DIR: sfu.data_dir,
  PYRITE_SFU_SIGNING_KEY: sfu.signing_key,
})

describe('pyrite doctor', () => {
  let pyrite: Pyrite | undefined
  let said = ''
  beforeEach(() => {
    said = ''
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      said += String(text)
      return true
    })
  })
  afterEach(async () => {
    vi.restoreAllMocks()
    await pyrite?.stop()
    pyrite = undefined
  })
  const started = async (options: PyriteOptions) => {
    pyrite = await startPyrite(options)
    return pyrite
  }
  const doctor = async ({ config }: Pyrite, ...args: string[]) => {
    said = ''
    return runCommand(['doctor', ...args], environmentOf(config))
  }
  const told = (): Examination => JSON.parse(said)

  it('fails where a problem is found, and says what, why and what to do', async () => {
    expect(await doctor(await started({}))).toBe(1)
    const { why, fix } = FINDINGS['sfu-unreachable']
    expect(said).toContain('PROBLEM  The call server does not answer')
    expect(said).toContain(`Why it matters: ${why}`)
    expect(said).toContain(`What to do: ${fix}`)
    expect(said).toContain('(sfu-unreachable)')
  })

  it('says the same to machines, and no secret', async () => {
    const running = await started({})
    expect(await doctor(running, '--json')).toBe(1)
    expect(told().findings[0]).toMatchObject({ code: 'sfu-unreachable', level: 'problem' })
    expect(told().iceServers).toEqual([])
    expect(said).not.toContain(running.config.sfu.signing_key)
  })

  it('says which group files are not those of the channels', async () => {
    const running = await started({})
    const { groups_dir } = running.config.sfu
    // Nobody mends them meanwhile.
    await running.stop({ keep: true })
    await writeFile(join(groups_dir, 'general.json'), '{"comment":"of somebody else"}')
    await doctor(running, '--json')
    const group = () => told().findings.filter(({ code }) => code.startsWith('group-'))
    expect(group()).toMatchObject([
      { code: 'group-unmanaged', what: expect.stringContaining('general') },
    ])
    await writeFile(join(groups_dir, 'general.json'), '{"comment":"managed by Pyrite"}')
    await doctor(running, '--json')
    expect(group()).toMatchObject([{ code: 'group-other-key' }])
    await rm(join(groups_dir, 'general.json'))
    await doctor(running, '--json')
    expect(group()).toMatchObject([{ code: 'group-stale' }])
  })

  it('looks at every group, whatever is in the place of one', async () => {
    const running = await started({})
    const { groups_dir } = running.config.sfu
    const alice = await running.signIn('alice')
    for (const slug of ['attic', 'cellar']) {
      await alice.send('POST', '/api/channels', { slug, name: slug, private: false })
    }
    await running.stop({ keep: true })
    await rm(join(groups_dir, 'attic.json'), { force: true })
    await mkdir(join(groups_dir, 'attic.json'))
    await writeFile(join(groups_dir, 'cellar.json'), '{"comment":"of somebody else"}')
    await doctor(running, '--json')
    const group = told().findings.filter(({ code }) => code.startsWith('group-'))
    expect(group).toMatchObject([
      { code: 'group-failed', what: expect.stringContaining('attic.json is not a file') },
      { code: 'group-unmanaged', what: expect.stringContaining('cellar') },
    ])
  })

  it('says once that the group folder cannot be used', async () => {
    const running = await started({ sfu: 'builtin' })
    const away = join(running.folder, 'away')
    const environment = { ...environmentOf(running.config), PYRITE_SFU_GROUPS_DIR: away }
    await writeFile(away, 'this is no folder')
    expect(await runCommand(['doctor', '--json'], environment)).toBe(1)
    const codes = told().findings.map(({ code }) => code)
    expect(codes.filter((code) => code === 'groups-not-written')).toHaveLength(1)
  })

  it('makes no database where there is none', async () => {
    const running = await started({})
    const path = join(running.folder, 'none.db')
    const environment = { ...environmentOf(running.config), PYRITE_DATABASE_PATH: path }
    await runCommand(['doctor'], environment)
    await expect(import('node:fs').then(({ statSync }) => statSync(path))).rejects.toThrow()
  })

  it.each(galenes())(
    'finds the Galene that a running Pyrite runs, and no problem: %s',
    async (galene) => {
      const running = await started({ sfu: { galene } })
      await eventually(() => expect(running.app.sfu.syncState('general').state).toBe('in-step'))
      expect(await doctor(running, '--json')).toBe(0)
      expect(told().findings.map(({ code }) => code)).toEqual(
        expect.arrayContaining(['sfu-reachable', 'clocks', 'join', 'groups']),
      )
      const { config } = running
      await running.stop({ keep: true })
      expect(await runCommand(['doctor', '--json'], environmentOf(config))).toBe(0)
      expect(said).toContain('not-running')
    },
  )
})
