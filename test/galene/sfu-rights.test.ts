import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ModerationAct } from '../../lib/protocol/moderation.ts'
import type { Client } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { type ModeratedCalls, OFFER, startModeratedCalls } from '../support/moderated-call.ts'
import { type Connection, eachSfu, type Json } from '../support/sfu.ts'

const ONLY_MODERATORS = /^only moderators may do this\.$/
const SILENT = /^You may only read and listen here/
const ROLES = /^Roles are given in the channel's list of members\.$/
const BY_TIMEOUT = /^Only a timeout silences somebody/
const NOT_AT_THE_SFU = /not authori[sz]ed|does not do this|there is no such/

/** What each asks for in a call, towards `dest`, and what who may not is told. */
type Row = [
  title: string,
  ask: (dest: string) => Json,
  refusal: 'act' | 'role' | 'silence' | 'sfu' | 'offer',
]
const ROWS: Row[] = [
  ['kick', (dest) => ({ type: 'useraction', kind: 'kick', dest }), 'act'],
  ['unpresent', (dest) => ({ type: 'useraction', kind: 'unpresent', dest }), 'act'],
  ['present', (dest) => ({ type: 'useraction', kind: 'present', dest }), 'act'],
  ['mute', (dest) => ({ type: 'usermessage', kind: 'mute', dest }), 'act'],
  ['mute everybody', () => ({ type: 'usermessage', kind: 'mute' }), 'act'],
  ['lock', () => ({ type: 'groupaction', kind: 'lock' }), 'act'],
  ['unlock', () => ({ type: 'groupaction', kind: 'unlock' }), 'act'],
  ['op', (dest) => ({ type: 'useraction', kind: 'op', dest }), 'role'],
  ['unop', (dest) => ({ type: 'useraction', kind: 'unop', dest }), 'role'],
  ['shutup', (dest) => ({ type: 'useraction', kind: 'shutup', dest }), 'silence'],
  ['identify', (dest) => ({ type: 'useraction', kind: 'identify', dest }), 'sfu'],
  ['record', () => ({ type: 'groupaction', kind: 'record' }), 'sfu'],
  ['unrecord', () => ({ type: 'groupaction', kind: 'unrecord' }), 'sfu'],
  ['clearchat', () => ({ type: 'groupaction', kind: 'clearchat' }), 'sfu'],
  ['subgroups', () => ({ type: 'groupaction', kind: 'subgroups' }), 'sfu'],
  ['setdata of the group', () => ({ type: 'groupaction', kind: 'setdata', value: {} }), 'sfu'],
]
const FILE: Row = [
  'offering a file',
  (dest) => ({
    ...{ type: 'usermessage', kind: 'filetransfer', dest },
    value: { type: 'invite', id: 'file-1', name: 'a.txt', size: 1 },
  }),
  'offer',
]

type Persona = 'member' | 'listener' | 'timed-out member' | 'timed-out moderator'
const PERSONAS: Record<Persona, { role: string; isTimedOut: boolean; hears: RegExp }> = {
  member: { role: 'member', isTimedOut: false, hears: ONLY_MODERATORS },
  listener: { role: 'listener', isTimedOut: false, hears: ONLY_MODERATORS },
  'timed-out member': { role: 'member', isTimedOut: true, hears: ONLY_MODERATORS },
  'timed-out moderator': { role: 'moderator', isTimedOut: true, hears: SILENT },
}

eachSfu('who may do what in a call', (under) => {
  let world: ModeratedCalls
  let alice: Client, bob: Client, carol: Client
  beforeAll(async () => {
    world = await startModeratedCalls(under)
    ;({ alice, bob, carol } = world.people)
  })
  afterAll(() => world.stop())

  /** A recordable channel in whose call Bob is as somebody, with Carol. */
  const call = async ({ role, isTimedOut }: { role: string; isTimedOut: boolean }) => {
    const slug = await world.channel()
    await alice.send('PATCH', `/api/channels/${slug}`, { recordable: true })
    await alice.send('PUT', `/api/channels/${slug}/members/${bob.user.id}`, { role })
    if (isTimedOut) {
      await world.act(alice, slug, { kind: 'timeout', userId: bob.user.id, seconds: 600 })
    }
    return { slug, his: await world.join(bob, slug), hers: await world.join(carol, slug) }
  }
  const log = async (slug: string): Promise<ModerationAct[]> => {
    const { body } = await alice.send('GET', `/api/channels/${slug}/moderation`)
    return (body as { acts: ModerationAct[] }).acts
  }
  /** What somebody is told after they asked; '' while it is nothing. */
  const answerTo = async (his: Connection, ask: () => void): Promise<string> => {
    const errors = his.all({ kind: 'error' }).length
    ask()
    return eventually(() => {
      const told = String(his.all({ kind: 'error' })[errors]?.value ?? '')
      if (told === '') throw new Error('nothing was refused')
      return told
    })
  }
  const ownAs = ({ hers, his }: Awaited<ReturnType<typeof call>>, ask: Row[1]) =>
    his.send({ source: his.id, username: 'bob', ...ask(hers.id) })

  describe.each(Object.keys(PERSONAS) as Persona[])('a %s', (persona) => {
    const who = PERSONAS[persona]
    it('moderates nobody, records nothing, and learns nothing, by any message [MOD-18] [MOD-15] [SFU-6]', async () => {
      const there = await call(who)
      const { slug, his, hers } = there
      const before = (await log(slug)).length
      const refusals = {
        ...{ act: who.hears, role: ROLES, silence: BY_TIMEOUT },
        ...{ sfu: NOT_AT_THE_SFU, offer: SILENT },
      }
      for (const [title, ask, refusal] of persona === 'member' ? ROWS : [...ROWS, FILE]) {
        const told = await answerTo(his, () => ownAs(there, ask))
        expect([title, told]).toEqual([title, expect.stringMatching(refusals[refusal])])
      }
      expect((await log(slug)).length).toBe(before)
      const { locked, recording } = world.pyrite().app.sfu.groupState(slug)
      expect([locked, recording, hers.isOpen()]).toEqual([false, false, true])
      expect(hers.all({ type: 'usermessage' })).toEqual([])
      expect(hers.all({ type: 'joined', kind: 'change' })).toEqual([])
      for (const each of [his, hers]) each.socket.close()
    })
  })

  it('a listener answers an offered file, and shows nothing [SFU-6]', async () => {
    const there = await call(PERSONAS.listener)
    const { his, hers } = there
    const answer = { type: 'offer-of-mine', id: 'file-1' }
    ownAs(there, (dest) => ({ type: 'usermessage', kind: 'filetransfer', dest, value: answer }))
    await hers.hears({ type: 'usermessage', kind: 'filetransfer' })
    his.send({ type: 'offer', id: 'x-1', label: 'camera', source: his.id, sdp: OFFER })
    await his.hears({ type: 'abort', id: 'x-1' })
    for (const each of [his, hers]) each.socket.close()
  })

  it('an admin who is a member moderates by every message that is an act [MOD-15]', async () => {
    const there = await call({ role: 'member', isTimedOut: false })
    await alice.send('PATCH', `/api/users/${bob.user.id}`, { role: 'admin' })
    ownAs(there, (dest) => ({ type: 'usermessage', kind: 'mute', dest }))
    await there.hers.hears({ type: 'usermessage', kind: 'mute', privileged: true })
    ownAs(there, (dest) => ({ type: 'useraction', kind: 'kick', dest }))
    expect((await there.hers.isClosed()).code).toBe(1000)
    expect((await log(there.slug)).map(({ kind, byUserId }) => [kind, byUserId])).toEqual([
      ['kick', bob.user.id],
      ['mute', bob.user.id],
    ])
    await alice.send('PATCH', `/api/users/${bob.user.id}`, { role: 'member' })
    there.his.socket.close()
  })
})
