import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Authority, createAuthority, fingerprintAt } from '../support/certificates.ts'
import { eventually } from '../support/eventually.ts'
import { startGalene, type TestGalene } from '../support/galene.ts'
import { attend } from '../support/moving.ts'
import { type Pyrite, startPyrite } from '../support/pyrite.ts'
import { galenes } from '../support/sfu.ts'

const LOCAL = 'IP:127.0.0.1'
const BACK_MS = 10_000

describe.each(galenes())('the pinned certificate of %s', (binary) => {
  let authority: Authority
  let folder: string
  let galene: TestGalene
  let pyrite: Pyrite
  beforeEach(async () => {
    authority = await createAuthority()
    folder = await mkdtemp(join(tmpdir(), 'pyrite-certificate-'))
    galene = await startGalene({ binary, tls: await authority.sign(LOCAL) })
    const sfu = { url: galene.url, groups_dir: galene.groups }
    const certificate_sha256 = await fingerprintAt(galene.url)
    pyrite = await startPyrite({ settings: { sfu, galene: { certificate_sha256 } } })
  })
  afterEach(async () => {
    await pyrite.stop()
    await galene.end()
    await authority.remove()
    await rm(folder, { recursive: true, force: true })
  })

  it('is renewed while people are in a call: they stay, the new one is named, and once pinned all goes on', async () => {
    const alice = await attend(await pyrite.signIn('alice'))
    const { certificate, key } = await authority.sign(LOCAL)
    const data = join(dirname(galene.groups), 'data')
    await writeFile(join(data, 'key.pem'), key)
    await writeFile(join(data, 'cert.pem'), certificate)
    const before = pyrite.config.galene.certificate_sha256
    const renewed = await eventually(async () => {
      const shown = await fingerprintAt(galene.url)
      expect(shown).not.toBe(before)
      return shown
    }, 30_000)
    const named = renewed.replaceAll(':', '').toLowerCase()
    await eventually(() => {
      const { reachable, problem } = pyrite.app.sfu.health()
      expect([reachable, problem]).toEqual([false, expect.stringContaining(named)])
    }, BACK_MS)
    expect(alice.now().isOpen()).toBe(true)
    const pinned = { ...pyrite.config.galene, certificate_sha256: renewed }
    await pyrite.app.reload({ ...pyrite.config, galene: pinned })
    await alice.isBack()
    expect(pyrite.app.sfu.health().reachable).toBe(true)
  }, 60_000)
})
