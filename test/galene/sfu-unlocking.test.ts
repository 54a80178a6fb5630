import { afterAll, beforeAll, expect, it } from 'vitest'
import type { SfuStatus } from '../../lib/protocol/workspace.ts'
import { createTokens } from '../../lib/sfu/galene/wire/tokens.ts'
import type { Client } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { type ModeratedCalls, startModeratedCalls } from '../support/moderated-call.ts'
import { connectTo, eachSfu } from '../support/sfu.ts'

eachSfu('a lock that an operator made with a client of their own', (under) => {
  let world: ModeratedCalls
  let alice: Client, bob: Client, carol: Client
  beforeAll(async () => {
    world = await startModeratedCalls(under)
    ;({ alice, bob, carol } = world.people)
  })
  afterAll(() => world.stop())

  let clients = 0
  /** Somebody who moderates the group past the bridge, as in Galene's own page. */
  const operator = async (group: string) => {
    const { app, config } = world.pyrite()
    const tokens = createTokens({ config: config.sfu, now: () => new Date() })
    const ticket = { username: 'erin', group, role: 'moderator', recording: false } as const
    const token = await tokens.sign(ticket)
    const connection = connectTo(`${app.sfu.origin().url}/ws`)
    await connection.opens()
    clients += 1
    connection.send({ type: 'handshake', version: ['2'], id: `operator-${clients}` })
    connection.send({ type: 'join', kind: 'join', group, username: 'erin', token })
    await connection.hears({ type: 'joined', kind: 'join' })
    const act = (kind: string) =>
      connection.send({ type: 'groupaction', kind, source: `operator-${clients}` })
    return { ...connection, act }
  }
  const isLocked = async (slug: string): Promise<boolean> =>
    ((await alice.send('GET', `/api/channels/${slug}/sfu_status`)).body as SfuStatus).locked
  const becomes = (slug: string, locked: boolean) =>
    eventually(async () => expect(await isLocked(slug)).toBe(locked))
  const unlock = ({ send }: Client, slug: string) =>
    send('POST', `/api/channels/${slug}/moderation/unlock`)
  /** A channel that is locked at the SFU and in no ledger, with these in its call. */
  const locked = async (...inCall: Client[]) => {
    const slug = await world.channel()
    const calls: Awaited<ReturnType<typeof world.join>>[] = []
    for (const who of inCall) calls.push(await world.join(who, slug))
    const theirs = await operator(slug)
    theirs.act('lock')
    await becomes(slug, true)
    const end = () => {
      for (const each of [...calls, theirs]) each.socket.close()
    }
    return { slug, calls, end }
  }

  it('is lifted by a moderator of the channel, from the call, at the SFU too [MOD-19]', async () => {
    const { slug, calls, end } = await locked(alice)
    expect((await world.join(bob, slug)).joined).toMatchObject({ kind: 'fail' })
    calls[0]?.send({ type: 'groupaction', kind: 'unlock', source: calls[0].id })
    await becomes(slug, false)
    const back = await world.join(bob, slug)
    expect(back.joined).toMatchObject({ kind: 'join' })
    back.socket.close()
    end()
  })

  it('is lifted by REST and on the socket, whoever is in the call [MOD-19]', async () => {
    const { slug, end } = await locked(alice, bob)
    await alice.send('PUT', `/api/channels/${slug}/members/${carol.user.id}`, { role: 'moderator' })
    const socket = await carol.socket()
    const ask = () => socket.ask('moderation.unlock', { channelSlug: slug })
    expect(await ask()).toEqual({ wasLocked: true })
    await becomes(slug, false)
    expect(await ask()).toEqual({ wasLocked: false })
    socket.close()
    expect((await world.join(carol, slug)).joined.kind).toBe('join')
    end()
  })

  it('and one of the ledger are lifted together, whichever way the latter ends [MOD-19]', async () => {
    for (const way of ['unlock', 'end'] as const) {
      const { slug, end } = await locked(alice)
      const act = await world.act(alice, slug, { kind: 'lock' })
      if (way === 'end') await world.lift(alice, act)
      else expect((await unlock(alice, slug)).body).toEqual({ wasLocked: true })
      await becomes(slug, false)
      expect((await world.join(bob, slug)).joined.kind).toBe('join')
      end()
    }
  })

  it('stays for who may not, and they are told so [MOD-19] [MOD-15]', async () => {
    const { slug, calls, end } = await locked(alice, bob)
    calls[1]?.send({ type: 'groupaction', kind: 'unlock', source: calls[1].id })
    const error = { type: 'usermessage', kind: 'error', value: 'only moderators may do this.' }
    await calls[1]?.hears(error)
    expect(await unlock(bob, slug)).toMatchObject({
      ...{ status: 403, body: { error: { code: 'not-allowed' } } },
    })
    await world.act(alice, slug, { kind: 'timeout', userId: bob.user.id, seconds: 60 })
    expect(await isLocked(slug)).toBe(true)
    end()
  })

  it('is lifted though nobody who moderates is in the call [MOD-19]', async () => {
    const { slug, end } = await locked(bob)
    expect((await unlock(alice, slug)).body).toEqual({ wasLocked: true })
    await becomes(slug, false)
    end()
  })
})
