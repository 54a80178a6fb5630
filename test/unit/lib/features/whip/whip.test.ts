import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Standing } from '../../../../../lib/features/channels/index.ts'
import { createWhip } from '../../../../../lib/features/whip/index.ts'
import { type Database, openDatabase } from '../../../../../lib/platform/db/open.ts'
import { PyriteError } from '../../../../../lib/platform/errors.ts'
import { createLog } from '../../../../../lib/platform/log.ts'
import type { Admission, Published, Whip } from '../../../../../lib/sfu/sfu.ts'
import { eventually } from '../../../../support/eventually.ts'

let database: Database
let whip: ReturnType<typeof createWhip>
let ids: number
let secrets: number
let admission: Admission
let standing: Standing
/** What the media server holds, and whether it answers. */
let streams: Published[]
let answers: boolean
let begun: number
/** How often the devices were said to be others. */
let changes: number
let bugs: unknown[]
/** The one that carries calls now. */
let carries: Whip
/** Runs while the media server takes an offer. */
let meanwhile: () => Promise<unknown>

const at = '2026-11-21T12:00:00.000Z'
const log = createLog('silent')
const body = Buffer.from('v=0')
const request = {
  request: { method: 'POST' } as IncomingMessage,
  response: {} as ServerResponse,
  body,
}
const noAnswer = () => new PyriteError('calls.no-answer', 'the call server does not answer')
const garden = { channelSlug: 'garden' }

const mediaServer: Whip = {
  async publish(group) {
    if (!answers) throw noAnswer()
    await meanwhile()
    const published = { group, resource: `stream-${++begun}`, token: 'token' }
    streams.push(published)
    return { status: 201, headers: {}, body, published }
  },
  forward: async () => ({ status: 204, headers: {}, body }),
  describe: async () => ({ status: 204, headers: {}, body }),
  async lives({ resource }) {
    if (!answers) throw noAnswer()
    return streams.some((stream) => stream.resource === resource)
  },
  async end({ resource }) {
    if (!answers) throw noAnswer()
    streams = streams.filter((stream) => stream.resource !== resource)
  },
}

const startWhip = () =>
  createWhip({
    database,
    log,
    channels: {
      standing: async () => standing,
      mustManage: () => standing,
      mustManageNow: async () => standing,
    },
    admit: async () => admission,
    sfu: () => ({ whip: carries, abilities: () => ({ record: true, whip: true }) }),
    devicesChanged: () => {
      changes += 1
    },
    now: () => new Date(at),
    newId: () => `key-${++ids}`,
    newSecret: () => `secret-of-forty-three-characters-${++secrets}`,
    onBug: (error) => void bugs.push(error),
  })

beforeEach(async () => {
  database = await openDatabase({ path: ':memory:', log })
  const { db } = database
  standing = {
    channelId: 1,
    slug: 'garden',
    private: 0,
    role: 'moderator',
    admin: 0,
  }
  const person = { role: 'member', passwordHash: '', disabled: 0, createdAt: at } as const
  await db
    .insertInto('users')
    .values({ id: 'bob', username: 'bob', displayName: 'Bob', ...person })
    .execute()
  await db
    .insertInto('channels')
    .values({
      ...{ name: 'garden', slug: 'garden', topic: '', private: 0, archived: 0, createdBy: null },
      ...{ createdAt: at, lastSeq: 0, lastRev: 0 },
    })
    .execute()
  ids = 0
  secrets = 0
  admission = { role: 'member' }
  streams = []
  begun = 0
  changes = 0
  bugs = []
  answers = true
  carries = mediaServer
  meanwhile = async () => undefined
  whip = startWhip()
})
afterEach(async () => {
  whip.close()
  await database.close()
  expect(bugs).toEqual([])
})

const newKey = () => whip.createKey('bob', { ...garden, name: 'Stage' })
const enter = (secret: string) => whip.mustHaveKey(`Bearer ${secret}`, 'garden', '192.0.2.1')
const stored = () => database.db.selectFrom('whipKeys').selectAll().execute()
const keys = async () => (await whip.keys('bob', 'garden')).keys

describe('a key', () => {
  it('that is revoked while its stream begins ends that stream [WHIP-6]', async () => {
    const { key, secret } = await newKey()
    const good = await enter(secret)
    meanwhile = () => whip.revokeKey('bob', { ...garden, keyId: key.id })
    await expect(whip.publish(good, request)).rejects.toMatchObject({ code: 'whip.bad-key' })
    expect(streams).toEqual([])
    expect(await stored()).toEqual([])
  })

  it.each([
    [400, 'malformed'],
    [500, 'malformed'],
    [503, 'calls.no-answer'],
  ])('whose fragment the call server answers with %i hears %s [WHIP-3]', async (status, code) => {
    const { secret } = await newKey()
    const { resource } = await whip.publish(await enter(secret), request)
    carries = { ...mediaServer, forward: async () => ({ status, headers: {}, body }) }
    const credentials = `a=ice-ufrag:abcd\r\na=ice-pwd:${'x'.repeat(22)}\r\n`
    const patch = { ...request, request: { method: 'PATCH' } as IncomingMessage }
    const touched = whip.touch(await enter(secret), resource, {
      ...patch,
      body: Buffer.from(credentials),
    })
    await expect(touched).rejects.toMatchObject({ code })
    expect(streams).toHaveLength(1)
  })

  it('that publishes many times at once has one stream in the end, and none once it is revoked [WHIP-6]', async () => {
    const { key, secret } = await newKey()
    const good = await enter(secret)
    meanwhile = () => new Promise((done) => setImmediate(done))
    await Promise.all([1, 2, 3].map(() => whip.publish(good, request)))
    expect(streams).toHaveLength(1)
    await whip.revokeKey('bob', { ...garden, keyId: key.id })
    expect(streams).toEqual([])
  })

  it('whose stream begins on a server that calls leave meanwhile has none there', async () => {
    const { secret } = await newKey()
    const good = await enter(secret)
    meanwhile = async () => {
      carries = { ...mediaServer }
      await whip.leave(mediaServer)
    }
    await expect(whip.publish(good, request)).rejects.toMatchObject({ code: 'calls.no-answer' })
    expect(streams).toEqual([])
    expect(await stored()).toMatchObject([{ resource: null }])
  })

  it('whose person loses the right while its stream begins ends that stream [WHIP-7]', async () => {
    const { secret } = await newKey()
    const good = await enter(secret)
    meanwhile = async () => {
      admission = { role: 'listener' }
    }
    await expect(whip.publish(good, request)).rejects.toMatchObject({ code: 'whip.bad-key' })
    expect(streams).toEqual([])
  })

  it('that is revoked while the call server is away opens nothing, and its stream ends once it is back [WHIP-6]', async () => {
    const { key, secret } = await newKey()
    await whip.publish(await enter(secret), request)
    answers = false
    await whip.revokeKey('bob', { ...garden, keyId: key.id })
    await expect(enter(secret)).rejects.toMatchObject({ code: 'whip.bad-key' })
    expect(await keys()).toEqual([])
    expect(streams).toHaveLength(1)
    answers = true
    await whip.lookAgain()
    expect(streams).toEqual([])
    expect(await stored()).toEqual([])
    await expect(whip.revokeKey('bob', { ...garden, keyId: key.id })).rejects.toMatchObject({
      code: 'not-found',
    })
  })

  it('whose person is kicked while the call server is away ends what it published, and not what it publishes after [WHIP-7]', async () => {
    const { secret } = await newKey()
    await whip.publish(await enter(secret), request)
    answers = false
    await whip.endAllOf('bob', 'garden')
    expect(streams).toHaveLength(1)
    answers = true
    expect((await keys())[0]?.publishing).toBeNull()
    await eventually(() => expect(streams).toEqual([]))
    expect(await stored()).toMatchObject([{ resource: null }])
    await whip.publish(await enter(secret), request)
    answers = false
    await whip.endAllOf('bob', 'garden')
    answers = true
    await whip.publish(await enter(secret), request)
    await whip.lookAgain()
    expect(streams).toMatchObject([{ resource: 'stream-3' }])
    expect((await keys())[0]?.publishing).toBe(at)
  })

  it('says that it publishes only while the call server says so too [WHIP-1]', async () => {
    const { secret } = await newKey()
    await whip.publish(await enter(secret), request)
    expect((await keys())[0]?.publishing).toBe(at)
    answers = false
    expect((await keys())[0]?.publishing).toBeNull()
    answers = true
    expect((await keys())[0]?.publishing).toBe(at)
    streams = []
    expect((await keys())[0]?.publishing).toBeNull()
  })

  it('keeps its stream when the channel is locked, and begins none [WHIP-7]', async () => {
    const { secret } = await newKey()
    await whip.publish(await enter(secret), request)
    admission = { error: 'locked', message: 'The call is locked.' }
    await whip.lookAgain('bob', 'garden')
    expect(streams).toHaveLength(1)
    await expect(enter(secret)).rejects.toMatchObject({ code: 'whip.refused' })
    admission = { error: 'banned', message: 'No.' }
    await whip.lookAgain('bob', 'attic')
    expect(streams).toHaveLength(1)
    await whip.lookAgain('bob', 'garden')
    expect(streams).toEqual([])
  })

  it('is one of at most twenty in a channel [WHIP-1]', async () => {
    for (let n = 0; n < 20; n += 1) await newKey()
    await expect(newKey()).rejects.toMatchObject({ code: 'whip.too-many-keys' })
    expect(await stored()).toHaveLength(20)
  })

  it('begins streams at a limited rate [WHIP-3]', async () => {
    const { secret } = await newKey()
    for (let n = 0; n < 10; n += 1) await whip.publish(await enter(secret), request)
    await expect(whip.publish(await enter(secret), request)).rejects.toMatchObject({
      code: 'too-many-requests',
    })
    expect(streams).toHaveLength(1)
  })
})

describe('who else is in the channel', () => {
  const stage = { id: 'key-1', name: 'Stage', by: 'bob', since: at }

  it('hears of a device while it publishes, whoever ends it [WHIP-10]', async () => {
    const { key, secret } = await newKey()
    expect(whip.devicesIn('garden')).toEqual([])
    const { resource } = await whip.publish(await enter(secret), request)
    expect([whip.devicesIn('garden'), whip.devicesIn('attic')]).toEqual([[stage], []])
    expect(changes).toBe(1)
    const remove = { ...request, request: { method: 'DELETE' } as IncomingMessage }
    await whip.touch(await enter(secret), resource, remove)
    expect([whip.devicesIn('garden'), changes]).toEqual([[], 2])
    for (const end of [
      () => whip.endStream('bob', { ...garden, keyId: key.id }),
      () => whip.endAllOf('bob', 'garden'),
      () => whip.leave(mediaServer),
      () => whip.revokeKey('bob', { ...garden, keyId: key.id }),
    ]) {
      await whip.publish(await enter(secret), request)
      expect(whip.devicesIn('garden')).toEqual([stage])
      await end()
      expect(whip.devicesIn('garden')).toEqual([])
    }
  })

  it('hears of one device when its newest stream takes the place of an older one [WHIP-5] [WHIP-10]', async () => {
    const { secret } = await newKey()
    await whip.publish(await enter(secret), request)
    await whip.publish(await enter(secret), request)
    expect(whip.devicesIn('garden')).toEqual([stage])
  })

  it('hears that a device was cut off once the call server says so, and nothing while it says nothing [WHIP-10]', async () => {
    const { secret } = await newKey()
    await whip.publish(await enter(secret), request)
    answers = false
    streams = []
    await whip.look()
    expect(whip.devicesIn('garden')).toEqual([stage])
    answers = true
    await whip.look()
    expect(whip.devicesIn('garden')).toEqual([])
    expect(await stored()).toMatchObject([{ resource: null }])
  })

  it('hears of a device that went on while this server was away [WHIP-10]', async () => {
    const { secret } = await newKey()
    await whip.publish(await enter(secret), request)
    const again = startWhip()
    expect(again.devicesIn('garden')).toEqual([])
    await again.look()
    expect(again.devicesIn('garden')).toEqual([stage])
    again.close()
  })
})

describe('a stream that a moderator ends', () => {
  it('is over, and its key begins another one [WHIP-11]', async () => {
    const { key, secret } = await newKey()
    const keyId = key.id
    await whip.publish(await enter(secret), request)
    expect(await whip.endStream('bob', { ...garden, keyId })).toEqual({})
    expect(streams).toEqual([])
    expect(await whip.endStream('bob', { ...garden, keyId })).toEqual({})
    await whip.publish(await enter(secret), request)
    expect(streams).toHaveLength(1)
  })

  it('is not said to be over while the call server does not answer, nor by a key of another channel [WHIP-11]', async () => {
    const { key, secret } = await newKey()
    await whip.publish(await enter(secret), request)
    answers = false
    const ending = whip.endStream('bob', { ...garden, keyId: key.id })
    await expect(ending).rejects.toMatchObject({ code: 'calls.no-answer' })
    expect(whip.devicesIn('garden')).toHaveLength(1)
    answers = true
    standing = { ...standing, channelId: 2, slug: 'attic' }
    const elsewhere = whip.endStream('bob', { channelSlug: 'attic', keyId: key.id })
    await expect(elsewhere).rejects.toMatchObject({ code: 'not-found' })
    expect(streams).toHaveLength(1)
  })
})
