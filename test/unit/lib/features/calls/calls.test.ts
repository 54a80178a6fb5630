import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createCalls } from '../../../../../lib/features/calls/index.ts'
import { type Database, openDatabase } from '../../../../../lib/platform/db/open.ts'
import type { CallDevice } from '../../../../../lib/protocol/channels.ts'
import type { CallRecord, Participant, SyncState } from '../../../../../lib/sfu/sfu.ts'
import { eventually } from '../../../../support/eventually.ts'

let database: Database
let reachable: boolean
let participants: Participant[]
let devices: CallDevice[]
let told: { topic: string; type: string; body: unknown }[]
let calls: ReturnType<typeof createCalls>
const bugs: unknown[] = []

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 10, minute))
const bobIn = (connectionId: string): Participant => ({
  connectionId,
  caller: {
    userId: 'bob',
    username: 'bob',
    displayName: 'Bob',
    sessionId: 'bobs',
    byCookie: true,
  },
  group: 'garden',
  joinedAt: at(0),
})
const bobLeft = (connectionId: string): CallRecord => ({
  ...{ connectionId, userId: 'bob', group: 'garden', joinedAt: at(0), leftAt: at(5) },
  ...{ reason: 'closed', peerAddress: '127.0.0.1' },
  ...{ bytesUp: 1, bytesDown: 2, messagesUp: 3, messagesDown: 4 },
})
const sessions = () => database.db.selectFrom('callSessions').selectAll().execute()
const toldOf = (type: string) => told.filter((push) => push.type === type)

beforeEach(async () => {
  database = await openDatabase({ path: ':memory:' })
  const { db } = database
  await db
    .insertInto('users')
    .values({
      ...{ id: 'bob', username: 'bob', displayName: 'Bob', role: 'member' },
      ...{ passwordHash: 'x', disabled: 0, createdAt: at(0).toISOString() },
    })
    .execute()
  for (const slug of ['garden', 'attic']) {
    await db
      .insertInto('channels')
      .values({
        ...{ name: slug, slug, topic: '', private: 0, archived: 0, createdBy: null },
        ...{ createdAt: at(0).toISOString(), lastSeq: 0, lastRev: 0 },
      })
      .execute()
  }
  reachable = true
  participants = []
  devices = []
  told = []
  bugs.length = 0
  calls = createCalls({
    database,
    now: () => at(1),
    newId: () => 'call-1',
    hub: { publish: (topic, type, body) => void told.push({ topic, type, body }) },
    channels: { mustBeMember: async () => Promise.reject(new Error('unused')) },
    moderation: {
      atTheDoor: async () => ({ error: 'not-found', message: '' }),
      isLocked: () => false,
    },
    sfu: () => ({
      participants: (group) => participants.filter((one) => one.group === group),
      health: () => ({ kind: 'builtin', reachable, description: '', checkedAt: at(1) }),
      syncState: (): SyncState => ({ state: 'in-step' }),
      groupState: () => ({ locked: false, recording: false }),
      abilities: () => ({ record: false, whip: false }),
    }),
    devicesIn: (slug) => (slug === 'garden' ? devices : []),
    onBug: (error) => bugs.push(error),
  })
})
afterEach(async () => {
  calls.close()
  await database.close()
  expect(bugs).toEqual([])
})

describe('the status of calls', () => {
  it('is told to every channel when the SFU goes away, to those nobody calls in as well, and once', async () => {
    calls.statusChanged()
    await eventually(() => expect(toldOf('calls.status')).toHaveLength(2))
    reachable = false
    calls.statusChanged()
    calls.statusChanged()
    await eventually(() => expect(toldOf('calls.status')).toHaveLength(4))
    expect(toldOf('calls.status').slice(2)).toEqual([
      {
        topic: 'channel:1',
        type: 'calls.status',
        body: { channelSlug: 'garden', status: expect.objectContaining({ reachable: false }) },
      },
      {
        topic: 'channel:2',
        type: 'calls.status',
        body: { channelSlug: 'attic', status: expect.objectContaining({ reachable: false }) },
      },
    ])
    participants = [bobIn('c1')]
    calls.statusChanged()
    await eventually(() => expect(toldOf('calls.status')).toHaveLength(5))
  })
})

describe('a device that publishes', () => {
  const roof = { id: 'key-1', name: 'Roof', by: 'bob', since: at(0).toISOString() }

  it('is told of its channel, is nobody in the call, and is not claimed of a call server that is gone [WHIP-10]', async () => {
    calls.statusChanged()
    await eventually(() => expect(toldOf('calls.status')).toHaveLength(2))
    devices = [roof]
    expect(calls.devicesOf('garden')).toEqual([roof])
    calls.statusChanged()
    await eventually(() => expect(toldOf('calls.status')).toHaveLength(3))
    expect(toldOf('calls.status')[2]).toMatchObject({
      topic: 'channel:1',
      body: { channelSlug: 'garden', status: { devices: [roof], participants: [] } },
    })
    reachable = false
    expect(calls.devicesOf('garden')).toEqual([])
    expect(calls.callOf('garden')).toEqual([])
  })
})

describe('a call session', () => {
  it('begins when somebody joins, is told, and ends with what the bridge counted [SFU-18]', async () => {
    participants = [bobIn('c1')]
    calls.participantsChanged('garden')
    await eventually(async () =>
      expect(await sessions()).toMatchObject([{ id: 'c1', leftAt: null }]),
    )
    expect(toldOf('calls.participants')).toEqual([
      {
        topic: 'channel:1',
        type: 'calls.participants',
        body: {
          channelSlug: 'garden',
          participants: [{ userId: 'bob', connectionId: 'c1', joinedAt: at(0).toISOString() }],
        },
      },
    ])
    calls.connectionEnded(bobLeft('c1'))
    await eventually(async () =>
      expect(await sessions()).toEqual([
        expect.objectContaining({
          id: 'c1',
          leftAt: at(5).toISOString(),
          reason: 'closed',
          bytesUp: 1,
          messagesDown: 4,
        }),
      ]),
    )
  })

  it('is written whole where its beginning was never stored', async () => {
    calls.connectionEnded(bobLeft('c2'))
    await eventually(async () =>
      expect(await sessions()).toMatchObject([
        { id: 'c2', channelId: 1, leftAt: at(5).toISOString() },
      ]),
    )
  })

  it('that a crash left open ends at the next start', async () => {
    participants = [bobIn('c1')]
    calls.participantsChanged('garden')
    await eventually(async () => expect(await sessions()).toHaveLength(1))
    await calls.start(at(9))
    expect(await sessions()).toMatchObject([
      { leftAt: at(9).toISOString(), reason: 'the server stopped' },
    ])
  })

  it('of a group that is no channel is not stored', async () => {
    calls.connectionEnded({ ...bobLeft('c3'), group: 'nowhere' })
    calls.connectionEnded(bobLeft('c4'))
    await eventually(async () => expect((await sessions()).map(({ id }) => id)).toEqual(['c4']))
  })
})
