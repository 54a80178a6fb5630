import { expect } from 'vitest'
import type { Config } from '../../lib/platform/config/schema.ts'
import type { Client } from './client.ts'
import { eventually } from './eventually.ts'
import { startGalene, type TestGalene, WITH_ADMIN } from './galene.ts'
import { type Pyrite, type PyriteOptions, startPyrite } from './pyrite.ts'
import { type Connection, connectTo } from './sfu.ts'

type Leg = Connection & { id: string }

let clients = 0

/** With these a browser is told to join again: the call server starts anew, or does not answer yet. */
const AGAIN = [1012, 1013]

/** Somebody in the call of #general who joins again by themselves when told to, as a browser does. */
export const attend = async ({ cookie, url }: Client) => {
  /** Those that joined, oldest first. */
  const legs: Leg[] = []
  const join = () => {
    const id = `mover-${++clients}`
    const leg = { ...connectTo(`${url}/sfu`, { cookie, origin: url }), id }
    leg.socket.on('open', () => {
      leg.send({ type: 'handshake', version: ['2'], id })
      leg.send({ type: 'join', kind: 'join', group: 'general' })
    })
    leg.socket.on('message', (frame) => {
      const { type, kind } = JSON.parse(String(frame))
      if (type === 'joined' && kind === 'join') legs.push(leg)
    })
    leg.socket.on('close', (code) => void (AGAIN.includes(code) && setTimeout(join, 100)))
  }
  const isBack = (times = 1) => eventually(() => expect(legs).toHaveLength(1 + times), 10_000)
  join()
  await isBack(0)
  return { legs, now: () => legs.at(-1) as Leg, isBack }
}

/** A Pyrite with any number of Galenes that are nobody's children; #general is called by alice and bob. */
export const startMoving = async (
  binary: string,
  options: PyriteOptions | ((galene: TestGalene) => PyriteOptions),
) => {
  const running: TestGalene[] = []
  const newGalene = async (program = binary) => {
    const galene = await startGalene({ binary: program, config: WITH_ADMIN })
    running.push(galene)
    return galene
  }
  const pyrite: Pyrite = await startPyrite(
    typeof options === 'function' ? options(await newGalene()) : options,
  )
  const settingsFor = (galene: TestGalene, pairing: Partial<Config['galene']> = {}): Config => ({
    ...pyrite.config,
    sfu: { ...pyrite.config.sfu, url: galene.url, groups_dir: galene.groups },
    galene: { ...pyrite.config.galene, ...pairing },
  })
  const inCall = () => pyrite.app.sfu.participants('general').map(({ caller }) => caller.username)
  const callOfTwo = async () => {
    const [alice, bob] = [await pyrite.signIn('alice'), await pyrite.signIn('bob')]
    const chat = await bob.socket()
    return { alice, bob, chat, people: [await attend(alice), await attend(bob)] as const }
  }
  type Call = Awaited<ReturnType<typeof callOfTwo>>
  /** Whether both are in the call and hear each other. */
  const talk = async ({ people }: Call, ...others: string[]) => {
    const [first, second] = people.map(({ now }) => now())
    first?.send({ type: 'usermessage', kind: 'info', dest: second?.id, value: 'here again' })
    await second?.hears({ type: 'usermessage', value: 'here again' })
    expect(inCall().sort()).toEqual(['alice', 'bob', ...others])
  }
  return {
    ...{ pyrite, newGalene, settingsFor, inCall, callOfTwo, talk },
    /** Nobody was told to go anywhere. */
    async stayed(call: Call, ...others: string[]) {
      await talk(call, ...others)
      expect(call.people.map(({ legs }) => legs.length)).toEqual([1, 1])
    },
    /** Moves while two are in a call and chat, and proves that both were told, came back once, and lost no message. */
    async moves(to: Config, call: Call) {
      const { alice, chat, people } = call
      const messages = '/api/channels/general/messages'
      let isChatClosed = false
      chat.ws.once('close', () => {
        isChatClosed = true
      })
      await alice.send('POST', messages, { text: 'before', clientId: 'before-the-move' })
      expect(await pyrite.app.reload(to)).toBe('moved')
      for (const { legs, isBack } of people) {
        await isBack()
        const told = legs[0]?.heard.at(-1)
        expect(told).toMatchObject({ type: 'usermessage', kind: 'info', privileged: true })
        expect(await legs[0]?.isClosed()).toMatchObject({ code: 1012 })
      }
      await talk(call)
      await alice.send('POST', messages, { text: 'after', clientId: 'after-the-move' })
      await eventually(() =>
        expect(chat.of('chat.message').map(({ text }) => text)).toEqual(['before', 'after']),
      )
      expect(isChatClosed).toBe(false)
      expect(people.map(({ legs }) => legs.length)).toEqual([2, 2])
    },
    async end() {
      await pyrite.stop()
      for (const galene of running) await galene.end()
    },
  }
}
export type Moving = Awaited<ReturnType<typeof startMoving>>
