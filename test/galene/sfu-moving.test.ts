import { afterEach, describe, expect, it } from 'vitest'
import type { Config } from '../../lib/platform/config/schema.ts'
import type { Client } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { ADMIN, startGalene, type TestGalene, WITH_ADMIN } from '../support/galene.ts'
import { type Pyrite, startPyrite } from '../support/pyrite.ts'
import { type Connection, connectTo, galenes } from '../support/sfu.ts'

let clients = 0

/** Somebody in the call of #general who joins again by themselves when told to, as a browser does. */
const attend = async ({ cookie, url }: Client) => {
  const legs: (Connection & { id: string })[] = []
  const join = async () => {
    const id = `mover-${++clients}`
    const leg = { ...connectTo(`${url}/sfu`, { cookie, origin: url }), id }
    await leg.opens()
    leg.send({ type: 'handshake', version: ['2'], id })
    leg.send({ type: 'join', kind: 'join', group: 'general' })
    const { kind } = await leg.hears({ type: 'joined' })
    if (kind !== 'join') throw new Error('could not join')
    legs.push(leg)
    leg.socket.on('close', (code) => void (code === 1012 && join()))
  }
  await join()
  return {
    legs,
    now: () => legs.at(-1) as Connection & { id: string },
    isBack: () => eventually(() => expect(legs).toHaveLength(2), 10_000),
  }
}

describe.each(galenes())('calls that move to %s', (binary) => {
  let pyrite: Pyrite
  const running: TestGalene[] = []
  afterEach(async () => {
    await pyrite.stop()
    for (const galene of running.splice(0)) await galene.end()
  })

  const newGalene = async () => {
    const galene = await startGalene({ binary, config: WITH_ADMIN })
    running.push(galene)
    return galene
  }
  const settingsFor = (galene: TestGalene, pairing: Partial<Config['galene']> = {}): Config => ({
    ...pyrite.config,
    sfu: { ...pyrite.config.sfu, url: galene.url, groups_dir: galene.groups },
    galene: { ...pyrite.config.galene, ...pairing },
  })
  const inCall = () => pyrite.app.sfu.participants('general').map(({ caller }) => caller.username)
  const callOfTwo = async () => {
    const [alice, bob] = [await pyrite.signIn('alice'), await pyrite.signIn('bob')]
    const chat = await bob.socket()
    const messages = '/api/channels/general/messages'
    await alice.send('POST', messages, { text: 'before', clientId: 'before-the-move' })
    return { alice, bob, chat, messages, people: [await attend(alice), await attend(bob)] as const }
  }
  /** Moves while two are in a call and chat, and proves that both were told, came back once, and lost no message. */
  const moves = async (
    to: Config,
    { alice, chat, messages, people }: Awaited<ReturnType<typeof callOfTwo>>,
  ) => {
    let isChatClosed = false
    chat.ws.once('close', () => {
      isChatClosed = true
    })
    await pyrite.app.reload(to)
    for (const { legs, isBack } of people) {
      await isBack()
      const told = legs[0]?.heard.at(-1)
      expect(told).toMatchObject({ type: 'usermessage', kind: 'info', privileged: true })
      expect(await legs[0]?.isClosed()).toMatchObject({ code: 1012 })
    }
    const [first, second] = people.map(({ now }) => now())
    first?.send({ type: 'usermessage', kind: 'info', dest: second?.id, value: 'here again' })
    await second?.hears({ type: 'usermessage', value: 'here again' })
    expect(inCall().sort()).toEqual(['alice', 'bob'])
    await alice.send('POST', messages, { text: 'after', clientId: 'after-the-move' })
    await eventually(() =>
      expect(chat.of('chat.message').map(({ text }) => text)).toEqual(['before', 'after']),
    )
    expect(isChatClosed).toBe(false)
    expect(people.map(({ legs }) => legs.length)).toEqual([2, 2])
  }

  it('from the built-in SFU: one announced rejoin, and chat is not touched [SFU-16]', async () => {
    pyrite = await startPyrite({ sfu: 'builtin' })
    expect(pyrite.app.sfu.health().kind).toBe('builtin')
    const call = await callOfTwo()
    const galene = await newGalene()
    await moves(settingsFor(galene), call)
    expect(pyrite.app.sfu.health()).toMatchObject({ kind: 'external', reachable: true })
    expect(await galene.names()).toEqual(['general'])
  })

  it('from another Galene, by its API: one announced rejoin, and chat is not touched [SFU-16]', async () => {
    const before = await newGalene()
    pyrite = await startPyrite({
      settings: { sfu: { url: before.url, groups_dir: before.groups } },
    })
    const call = await callOfTwo()
    const { user: api_user, password: api_password } = ADMIN
    const after = await newGalene()
    await moves(settingsFor(after, { sync: 'api', api_user, api_password }), call)
    expect(pyrite.app.sfu.origin().url).toBe(after.url)
  })

  it('and back to the built-in SFU', async () => {
    const galene = await newGalene()
    pyrite = await startPyrite({
      settings: { sfu: { url: galene.url, groups_dir: galene.groups } },
    })
    const call = await callOfTwo()
    const { config } = pyrite
    await moves({ ...config, sfu: { ...config.sfu, url: '', galene_binary: 'none' } }, call)
    expect(pyrite.app.sfu.health().kind).toBe('builtin')
  })

  it('stay where they are when the new one does not answer, or refuses the groups, and it is said why', async () => {
    const galene = await newGalene()
    pyrite = await startPyrite({
      settings: { sfu: { url: galene.url, groups_dir: galene.groups } },
    })
    const { people } = await callOfTwo()
    const away = settingsFor({ ...galene, url: 'http://127.0.0.1:9' })
    await expect(pyrite.app.reload(away)).rejects.toThrow(/does not answer/)
    const other = await newGalene()
    const wrong = settingsFor(other, { sync: 'api', api_user: 'nobody', api_password: 'x' })
    await expect(pyrite.app.reload(wrong)).rejects.toThrow(/"permissions": "admin"/)
    const broken = settingsFor(other, { ca_file: '/nowhere' })
    const secure = { ...broken, sfu: { ...broken.sfu, url: 'https://127.0.0.1:9' } }
    await expect(pyrite.app.reload(secure)).rejects.toThrow(/galene.ca_file/)
    expect(people.map(({ now, legs }) => [now().isOpen(), legs.length])).toEqual([
      [true, 1],
      [true, 1],
    ])
    expect(pyrite.app.sfu.origin().url).toBe(galene.url)
  })
})
