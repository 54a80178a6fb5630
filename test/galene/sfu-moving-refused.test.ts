import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { newSigningKey } from '../../lib/app/secrets.ts'
import { ADMIN, type TestGalene } from '../support/galene.ts'
import { type Gate, startGate } from '../support/gate.ts'
import { attend, type Moving, startMoving } from '../support/moving.ts'
import { galenes } from '../support/sfu.ts'

const at = ({ url, groups }: TestGalene) => ({ settings: { sfu: { url, groups_dir: groups } } })
const BY_API = { sync: 'api', api_user: ADMIN.user, api_password: ADMIN.password } as const

describe.each(galenes())(
  'people in calls stay where they are, and it is said why, with %s',
  (binary) => {
    let moving: Moving
    let gate: Gate | undefined
    afterEach(async () => {
      await moving.end()
      await gate?.stop()
      gate = undefined
    })
    const reload = (to: Parameters<Moving['pyrite']['app']['reload']>[0]) =>
      moving.pyrite.app.reload(to)

    it('when the new server does not answer, or refuses the groups', {
      timeout: 40_000,
    }, async () => {
      moving = await startMoving(binary, at)
      const { url } = moving.pyrite.config.sfu
      const call = await moving.callOfTwo()
      const other = await moving.newGalene()
      const away = moving.settingsFor({ ...other, url: 'http://127.0.0.1:9' })
      await expect(reload(away)).rejects.toThrow(/does not answer/)
      const wrong = moving.settingsFor(other, { ...BY_API, api_user: 'nobody' })
      await expect(reload(wrong)).rejects.toThrow(/"permissions": "admin"/)
      const broken = moving.settingsFor(other, { ca_file: '/nowhere' })
      const secure = { ...broken, sfu: { ...broken.sfu, url: 'https://127.0.0.1:9' } }
      await expect(reload(secure)).rejects.toThrow(/galene.ca_file/)
      await moving.stayed(call)
      expect(moving.pyrite.app.sfu.origin().url).toBe(url)
    })

    it('when the new server does not see the folder of groups', async () => {
      moving = await startMoving(binary, at)
      const call = await moving.callOfTwo()
      const { groups } = await moving.newGalene()
      const elsewhere = { ...(await moving.newGalene()), groups }
      await expect(reload(moving.settingsFor(elsewhere))).rejects.toThrow(/sfu.groups_dir must be/)
      await moving.stayed(call)
    })

    it('until a slow one has their groups', { timeout: 60_000 }, async () => {
      moving = await startMoving(binary, at)
      const call = await moving.callOfTwo()
      const galene = await moving.newGalene()
      gate = await startGate(galene.url)
      gate.before(async ({ url = '', method }) => {
        if (url.startsWith('/galene-api/') && method === 'PUT') {
          expect(call.people.map(({ now }) => now().isOpen())).toEqual([true, true])
          await new Promise((done) => setTimeout(done, 2_500))
        }
      })
      const slow = moving.settingsFor({ ...galene, url: gate.url }, BY_API)
      const began = performance.now()
      await moving.moves(slow, call)
      expect(performance.now() - began).toBeGreaterThan(7_000)
    })

    it('when one that never has their groups is given up on', { timeout: 60_000 }, async () => {
      moving = await startMoving(binary, at)
      const call = await moving.callOfTwo()
      const galene = await moving.newGalene()
      gate = await startGate(galene.url)
      gate.before(({ url = '' }) =>
        url.startsWith('/galene-api/') ? new Promise(() => undefined) : Promise.resolve(),
      )
      const silent = moving.settingsFor({ ...galene, url: gate.url }, BY_API)
      await expect(reload(silent)).rejects.toThrow(/the call server does not answer/)
      await moving.stayed(call)
    })

    it('and others can still join them, whatever the refused settings say of the same groups', async () => {
      moving = await startMoving(binary, at)
      const call = await moving.callOfTwo()
      const { config } = moving.pyrite
      const sfu = { ...config.sfu, url: 'http://127.0.0.1:9', signing_key: newSigningKey() }
      await expect(reload({ ...config, sfu })).rejects.toThrow(/does not answer/)
      await attend(await moving.pyrite.signIn('carol'))
      await moving.stayed(call, 'carol')
    })

    describe('between two that Pyrite runs', () => {
      const broken = async () => {
        const program = join(moving.pyrite.folder, 'broken')
        await writeFile(program, '#!/bin/sh\nexit 1\n')
        await chmod(program, 0o755)
        return program
      }
      const runs = async (call: Awaited<ReturnType<Moving['callOfTwo']>>) => {
        for (const { isBack } of call.people) await isBack()
        await moving.talk(call)
        expect(moving.pyrite.app.sfu.health()).toMatchObject({ kind: 'child', reachable: true })
      }

      it('when the new one does not start: the old one is started again', {
        timeout: 40_000,
      }, async () => {
        moving = await startMoving(binary, { sfu: { galene: binary } })
        const call = await moving.callOfTwo()
        const { config } = moving.pyrite
        const galene = { ...config.galene, ice_urls: ['stun:turn.example.org'] }
        const sfu = { ...config.sfu, galene_binary: await broken() }
        await expect(reload({ ...config, sfu, galene })).rejects.toThrow(
          /does not answer.*calls go on with Galene/,
        )
        await runs(call)
        const file = await readFile(join(config.sfu.data_dir, 'ice-servers.json'), 'utf8')
        expect(JSON.parse(file)).toEqual([])
      })

      it('when the new one has no place for its groups', { timeout: 40_000 }, async () => {
        moving = await startMoving(binary, { sfu: { galene: binary } })
        const call = await moving.callOfTwo()
        const { config, folder } = moving.pyrite
        const file = join(folder, 'a-file')
        await writeFile(file, '')
        const wrong = (fields: object) => ({ ...config, sfu: { ...config.sfu, ...fields } })
        await expect(reload(wrong({ data_dir: join(file, 'sfu') }))).rejects.toThrow(
          /ENOTDIR.*calls go on with Galene/,
        )
        await runs(call)
        await expect(reload(wrong({ groups_dir: join(file, 'groups') }))).rejects.toThrow(
          /ENOTDIR.*calls go on with Galene/,
        )
        expect(await reload(config)).toBe('same')
      })
    })
  },
)
