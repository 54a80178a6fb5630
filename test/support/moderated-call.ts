import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ModerationAct } from '../../lib/protocol/moderation.ts'
import type { Client } from './client.ts'
import { type Name, type Pyrite, startPyrite } from './pyrite.ts'
import { connectTo, type Json, type SfuUnderTest, startBuiltin } from './sfu.ts'

const line = (...lines: string[]) => `${lines.join('\r\n')}\r\n`

/** An offer that passes every check, and to which nobody will ever connect. */
export const OFFER = line(
  ...['v=0', 'o=- 1 1 IN IP4 0.0.0.0', 's=-', 't=0 0', 'a=group:BUNDLE 0'],
  ...['m=audio 9 UDP/TLS/RTP/SAVPF 111', 'c=IN IP4 0.0.0.0', 'a=mid:0', 'a=sendonly'],
  ...['a=rtcp-mux', 'a=ice-ufrag:abcd', 'a=ice-pwd:abcdefghijklmnopqrstuvwx'],
  `a=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}`,
  ...['a=setup:actpass', 'a=rtpmap:111 opus/48000/2', 'a=ssrc:1234 cname:x'],
)

/** A whole Pyrite in front of an SFU, its people signed in, and channels with calls that can be joined by raw sockets. */
export const startModeratedCalls = async ({ galene }: SfuUnderTest) => {
  const folder = await mkdtemp(join(tmpdir(), 'pyrite-ledger-'))
  const builtin = galene === undefined ? await startBuiltin(folder) : undefined
  const start = (): Promise<Pyrite> =>
    galene === undefined
      ? startPyrite({ folder, settings: { sfu: { url: builtin?.url ?? '' } } })
      : startPyrite({ folder, sfu: { galene } })
  let pyrite = await start()
  const people = {} as Record<Name, Client>
  for (const name of ['alice', 'bob', 'carol', 'mallory'] as const) {
    people[name] = await pyrite.signIn(name)
  }
  let channels = 0
  let clients = 0

  return {
    people,
    pyrite: () => pyrite,
    signIn: (name: Name) => pyrite.signIn(name),
    /** Alice moderates it, bob and carol are in it. */
    async channel(fields: Json = {}): Promise<string> {
      channels += 1
      const slug = `room-${channels}`
      await people.alice.send('POST', '/api/channels', { name: slug, slug, ...fields })
      for (const name of ['bob', 'carol'] as const) {
        const { id } = people[name].user
        await people.alice.send('PUT', `/api/channels/${slug}/members/${id}`, { role: 'member' })
      }
      return slug
    },
    /** One raw connection to the call, and how the join was answered. */
    async join({ url, cookie }: Client, group: string, fields: Json = {}) {
      clients += 1
      const id = `raw-${clients}`
      const connection = connectTo(`${url}/sfu`, { cookie, origin: url })
      await connection.opens()
      connection.send({ type: 'handshake', version: ['2'], id })
      connection.send({ type: 'join', kind: 'join', group, ...fields })
      const joined = await connection.hears({ type: 'joined' }, 10_000)
      return { ...connection, id, joined }
    },
    async act(who: Client, slug: string, wish: Json): Promise<ModerationAct> {
      const answer = await who.send('POST', `/api/channels/${slug}/moderation`, wish)
      if (answer.status !== 201) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`)
      return answer.body
    },
    lift: ({ send }: Client, { channelSlug, id }: ModerationAct) =>
      send('DELETE', `/api/channels/${channelSlug}/moderation/${id}`),
    /** The same server, started again on the same database. */
    async restart(whileDown: () => Promise<void> = async () => undefined) {
      await pyrite.stop({ keep: true })
      await whileDown()
      pyrite = await start()
      for (const name of ['alice', 'bob', 'carol', 'mallory'] as const) {
        people[name] = await pyrite.signIn(name)
      }
    },
    async stop() {
      await pyrite.stop()
      await builtin?.stop()
    },
  }
}
export type ModeratedCalls = Awaited<ReturnType<typeof startModeratedCalls>>
