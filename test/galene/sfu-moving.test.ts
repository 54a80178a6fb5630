import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { ADMIN, type TestGalene } from '../support/galene.ts'
import { type Moving, startMoving } from '../support/moving.ts'
import { galenes } from '../support/sfu.ts'

const at = ({ url, groups }: TestGalene) => ({ settings: { sfu: { url, groups_dir: groups } } })
const BY_API = { sync: 'api', api_user: ADMIN.user, api_password: ADMIN.password } as const
const ICE = ['stun:turn.example.org']

describe.each(galenes())('calls that move to %s', (binary) => {
  let moving: Moving
  afterEach(() => moving.end())
  /** Another version, where there is one. */
  const other = galenes().find((path) => path !== binary) ?? binary
  const sfu = () => moving.pyrite.app.sfu

  it('from the built-in SFU: one announced rejoin, and chat is not touched [SFU-16]', async () => {
    moving = await startMoving(binary, { sfu: 'builtin' })
    expect(sfu().health().kind).toBe('builtin')
    const call = await moving.callOfTwo()
    const galene = await moving.newGalene()
    await moving.moves(moving.settingsFor(galene), call)
    expect(sfu().health()).toMatchObject({ kind: 'external', reachable: true })
    expect(await galene.names()).toEqual(['general'])
  })

  it('from another Galene, by its API: one announced rejoin, and chat is not touched [SFU-16]', async () => {
    moving = await startMoving(other, at)
    const call = await moving.callOfTwo()
    const after = await moving.newGalene(binary)
    await moving.moves(moving.settingsFor(after, BY_API), call)
    expect(sfu().origin().url).toBe(after.url)
  })

  it('and back to the built-in SFU', async () => {
    moving = await startMoving(binary, at)
    const call = await moving.callOfTwo()
    const { config } = moving.pyrite
    await moving.moves({ ...config, sfu: { ...config.sfu, url: '', galene_binary: 'none' } }, call)
    expect(sfu().health().kind).toBe('builtin')
  })

  it('from a Galene that Pyrite runs to this one, which it runs then', async () => {
    moving = await startMoving(other, { sfu: other === binary ? 'builtin' : { galene: other } })
    const call = await moving.callOfTwo()
    const { config } = moving.pyrite
    await moving.moves({ ...config, sfu: { ...config.sfu, galene_binary: binary } }, call)
    expect(sfu().health()).toMatchObject({ kind: 'child', reachable: true })
  })

  it('to groups that are kept by hand, once they are there', async () => {
    moving = await startMoving(binary, at)
    const call = await moving.callOfTwo()
    const galene = await moving.newGalene()
    const byHand = moving.settingsFor(galene, { sync: 'off' })
    await expect(moving.pyrite.app.reload(byHand)).rejects.toThrow(/pyrite galene print general/)
    await moving.stayed(call)
    const groups = moving.pyrite.config.sfu.groups_dir
    await galene.write('general', await readFile(join(groups, 'general.json'), 'utf8'))
    await moving.moves(byHand, call)
  })

  it('nowhere, when nothing is new, or only what can follow without', async () => {
    moving = await startMoving(binary, { sfu: { galene: binary } })
    const call = await moving.callOfTwo()
    const { app, config } = moving.pyrite
    expect(await app.reload(structuredClone(config))).toBe('same')
    const builtin = { ...config.builtin, max_streams: 7 }
    expect(await app.reload({ ...config, builtin })).toBe('followed')
    const galene = { ...config.galene, ice_urls: ICE }
    expect(await app.reload({ ...config, builtin, galene })).toBe('followed')
    const file = join(config.sfu.data_dir, 'ice-servers.json')
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject([{ urls: ICE }])
    await moving.stayed(call)
  })

  it('and are given the new ICE servers as they come', async () => {
    moving = await startMoving(binary, at)
    const call = await moving.callOfTwo()
    const { config } = moving.pyrite
    const sfu = { ...config.sfu, url: '', galene_binary: binary }
    await moving.moves({ ...config, sfu, galene: { ...config.galene, ice_urls: ICE } }, call)
    for (const { now } of call.people) {
      const { rtcConfiguration } = await now().hears({ type: 'joined' })
      expect(rtcConfiguration).toMatchObject({ iceServers: [{ urls: ICE }] })
    }
  })
})
