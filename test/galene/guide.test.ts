import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { asGroup } from '../../lib/app/groups.ts'
import { loadConfig } from '../../lib/platform/config/load.ts'
import type { Config } from '../../lib/platform/config/schema.ts'
import { printGroup } from '../../lib/sfu/galene/index.ts'
import { eventually } from '../support/eventually.ts'
import { type GaleneOptions, startGalene, type TestGalene } from '../support/galene.ts'
import { type Pyrite, startPyrite } from '../support/pyrite.ts'
import { connectTo, galenes } from '../support/sfu.ts'

const GUIDE = join(import.meta.dirname, '../../docs/galene.md')

/** The texts of one language in one section of the guide. */
const textsOf = async (section: string, language: string): Promise<string[]> => {
  const guide = await readFile(GUIDE, 'utf8')
  const from = guide.indexOf(`\n### ${section}\n`)
  if (from < 0) throw new Error(`the guide has no section ${section}`)
  const text = guide.slice(from + 1, guide.indexOf('\n##', from + 2))
  const found = [...text.matchAll(new RegExp(`^ *\`\`\`${language}\\n([^]*?)^ *\`\`\``, 'gm'))]
  return found.map(([, inner = '']) => inner)
}
const replaced = (text: string, changes: Record<string, string>): string =>
  Object.entries(changes).reduce((so, [from, to]) => {
    if (!so.includes(from)) throw new Error(`the guide no longer says ${from}`)
    return so.replace(from, to)
  }, text)

describe.each(galenes())('who follows the guide to pair with %s', (binary) => {
  let folder: string
  let galene: TestGalene
  let pyrite: Pyrite
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pyrite-guide-'))
  })
  afterEach(async () => {
    await pyrite.stop()
    await galene.end()
    await rm(folder, { recursive: true, force: true })
  })

  const startTheirs = async (options: Omit<GaleneOptions, 'binary'> = {}) => {
    galene = await startGalene({ binary, ...options })
  }
  const startOurs = async (toml: string): Promise<Config> => {
    const file = join(folder, 'config.toml')
    await writeFile(file, toml)
    const { sfu, galene: pairing } = loadConfig(file)
    const { url, groups_dir, token_audience } = sfu
    const settings = { sfu: { url, groups_dir, token_audience }, galene: pairing }
    pyrite = await startPyrite({ settings })
    return pyrite.config
  }
  const mustWork = async () => {
    const { send, cookie, url } = await pyrite.signIn('bob')
    await eventually(async () => {
      const { body } = await send('GET', '/api/channels/general/sfu_status')
      expect(body).toMatchObject({ reachable: true, sync: { state: 'in-step' } })
    }, 10_000)
    const call = connectTo(`${url}/sfu`, { cookie, origin: url })
    await call.opens()
    call.send({ type: 'handshake', version: ['2'], id: 'bob-1' })
    call.send({ type: 'join', kind: 'join', group: 'general' })
    expect(await call.hears({ type: 'joined' })).toMatchObject({ kind: 'join' })
    call.socket.close()
  }

  it('by files is in calls', async () => {
    const [toml = ''] = await textsOf('On this machine, by files', 'toml')
    await startTheirs()
    await startOurs(
      replaced(toml, { 'http://127.0.0.1:8443': galene.url, '/srv/galene/groups': galene.groups }),
    )
    await mustWork()
  })

  it('by the admin API over TLS, with a pinned certificate, is in calls', async () => {
    const [json = ''] = await textsOf('Elsewhere, by its admin API', 'json')
    const [toml = ''] = await textsOf('Elsewhere, by its admin API', 'toml')
    const [sh = ''] = await textsOf('A certificate to pin', 'sh')
    const commands = replaced(sh, { '/srv/galene/data': folder, 'sudo -u galene ': '' })
    const { stdout: pin } = await promisify(execFile)('sh', ['-e', '-c', commands])
    const pem = (name: string) => readFile(join(folder, name), 'utf8')
    const tls = { certificate: await pem('cert.pem'), key: await pem('key.pem') }
    await startTheirs({ config: JSON.parse(json), tls })
    await startOurs(
      replaced(toml, { 'https://galene.example.org:8443': galene.url, '"..."': `"${pin.trim()}"` }),
    )
    await mustWork()
  })

  it('by hand is in calls', async () => {
    await startTheirs()
    const config = await startOurs(`[sfu]\nurl = "${galene.url}"\n[galene]\nsync = "off"\n`)
    for (const channel of await pyrite.app.channels.groups('general')) {
      await galene.write(channel.slug, printGroup(config, asGroup(config)(channel)))
    }
    await mustWork()
  })
})
