import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { userCommand } from '../../lib/app/user-commands.ts'
import { type ModeratedCalls, startModeratedCalls } from '../support/moderated-call.ts'
import { connectTo, eachSfu } from '../support/sfu.ts'

eachSfu('people who are changed while they are in a call', (under) => {
  let world: ModeratedCalls
  let environment: Record<string, string>
  beforeAll(async () => {
    world = await startModeratedCalls(under)
    const { folder, config } = world.pyrite()
    const path = join(folder, 'command-line.toml')
    await writeFile(path, `[database]\npath = ${JSON.stringify(config.database.path)}\n`)
    environment = { PYRITE_CONFIG: path }
  })
  afterAll(() => world.stop())
  const commandLine = (...args: string[]) => userCommand(args, environment)
  /** Connected to /sfu, and in no call yet. */
  const atTheDoor = async ({ url, cookie }: { url: string; cookie: string }) => {
    const connection = connectTo(`${url}/sfu`, { cookie, origin: url })
    await connection.opens()
    connection.send({ type: 'handshake', version: ['2'], id: 'at-the-door' })
    await connection.hears({ type: 'handshake' })
    return connection
  }

  it('keep what an admin may in a locked channel no longer than they are one [SFU-17] [MOD-8]', async () => {
    const slug = await world.channel()
    const { alice } = world.people
    const bob = await world.signIn('bob')
    const make = (role: string) => alice.send('PATCH', `/api/users/${bob.user.id}`, { role })
    const call = await world.join(bob, slug)
    await world.act(alice, slug, { kind: 'lock', scope: 'channel' })
    expect((await call.isClosed()).code).toBe(1012)
    const silent = await world.join(bob, slug)
    expect(silent.joined.permissions).toEqual(['message'])
    await make('admin')
    expect((await silent.isClosed()).code).toBe(1012)
    const loud = await world.join(bob, slug)
    expect(loud.joined.permissions).toEqual(['present', 'message'])
    await make('member')
    expect((await loud.isClosed()).code).toBe(1012)
    expect((await world.join(bob, slug)).joined.permissions).toEqual(['message'])
  })

  describe('by the command line, while the server runs', () => {
    it('are out of call and workspace at once when they are disabled, and no session of before comes back [SFU-17] [WS-17]', async () => {
      const slug = await world.channel()
      const { alice } = world.people
      const bob = await world.signIn('bob')
      await alice.send('PUT', `/api/channels/${slug}/members/${bob.user.id}`, { role: 'moderator' })
      const call = await world.join(bob, slug)
      const other = await world.join(alice, slug)
      const door = await atTheDoor(bob)
      const [socket, hers] = [await bob.socket(), await alice.socket()]
      await commandLine('disable', 'bob')
      expect((await call.isClosed()).code).toBe(4401)
      expect((await door.isClosed()).code).toBe(4401)
      expect((await socket.closed).code).toBe(4401)
      expect(await hers.hear('users.changed')).toMatchObject({ username: 'bob', disabled: true })
      await other.hears({ type: 'user', kind: 'delete', id: call.id })
      await commandLine('enable', 'bob')
      expect((await bob.send('GET', '/api/workspace')).status).toBe(401)
      await hers.hear('users.changed', ({ disabled }) => !disabled)
      expect(other.isOpen()).toBe(true)
      for (const each of [other.socket, hers]) each.close()
    })

    it('are out at once when their password is reset, also who only waits at the door [SFU-17]', async () => {
      const slug = await world.channel()
      const carol = await world.signIn('carol')
      const call = await world.join(carol, slug)
      const door = await atTheDoor(carol)
      await commandLine('reset-password', 'carol')
      for (const each of [call, door]) expect((await each.isClosed()).code).toBe(4401)
    })

    it('do not come back by being enabled again at once [SFU-17]', async () => {
      const mallory = await world.signIn('mallory')
      const socket = await mallory.socket()
      await commandLine('disable', 'mallory')
      await commandLine('enable', 'mallory')
      expect((await socket.closed).code).toBe(4401)
    })

    it('hand over the channel that they moderated alone, and its people hear so [CH-16]', async () => {
      const [bob, mallory] = [await world.signIn('bob'), await world.signIn('mallory')]
      await mallory.send('POST', '/api/channels', { name: 'Den', slug: 'den', private: true })
      await mallory.send('PUT', `/api/channels/den/members/${bob.user.id}`, { role: 'member' })
      const call = await world.join(bob, 'den')
      const socket = await bob.socket()
      await commandLine('disable', 'mallory')
      await socket.hear('channels.changed', ({ role }) => role === 'moderator')
      expect((await call.isClosed()).code).toBe(1012)
      await commandLine('enable', 'mallory')
      socket.close()
    })
  })
})
