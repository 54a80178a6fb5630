import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { createChannels } from '../../lib/features/channels/index.ts'
import { createChat } from '../../lib/features/chat/index.ts'
import { createLedger, createModeration } from '../../lib/features/moderation/index.ts'
import { publishesInto } from '../../lib/features/whip/index.ts'
import { memoryBus } from '../../lib/platform/bus/memory.ts'
import { openDatabase } from '../../lib/platform/db/open.ts'
import { answerErrors } from '../../lib/platform/http/respond.ts'
import type { Connection } from '../../lib/platform/ws/connection.ts'
import { dispatcher } from '../../lib/platform/ws/dispatcher.ts'
import { createHub } from '../../lib/platform/ws/hub.ts'
import { createTopics } from '../../lib/platform/ws/topics.ts'
import type { CallParticipant } from '../../lib/protocol/channels.ts'
import type { Failure, Push } from '../../lib/protocol/envelope.ts'
import type { Pushes } from '../../lib/protocol/workspace.ts'
import type { Participant, Which } from '../../lib/sfu/sfu.ts'

type Options = {
  postsPerSecond?: number
  postsBurst?: number
  creationsBurst?: number
  changesBurst?: number
  actsBurst?: number
  path?: string
}
export type RestAnswer = { status: number; body: unknown }

/** The text of one unmasked frame, as hub writes it. */
const readFrame = (frame: Buffer): Push => {
  const length = (frame[1] ?? 0) & 127
  const start = length === 127 ? 10 : length === 126 ? 4 : 2
  return JSON.parse(frame.subarray(start).toString())
}

/**
 * Channels and chat on a real database, with the real hub and dispatcher; only the sockets are missing. `alice` is an admin, `bob` and
 * `carol` are members, `mallory` is in nothing. Their ids are their names. The clock moves by `advance` alone.
 */
export const startTalk = async ({
  postsPerSecond = 10,
  postsBurst = 1_000,
  creationsBurst = 1_000,
  changesBurst = 10_000,
  actsBurst = 10_000,
  path = ':memory:',
}: Options = {}) => {
  const database = await openDatabase({ path })
  const bugs: unknown[] = []
  const bus = memoryBus((error) => bugs.push(error))
  const topics = createTopics()
  const hub = createHub(topics, () => undefined)
  const calls = new Map<string, CallParticipant[]>()
  let time = Date.UTC(2026, 0, 1)
  let ids = 0
  const now = () => new Date(time)
  const newId = () => `id-${++ids}`
  const callOf = (slug: string) => calls.get(slug) ?? []
  const ledger = createLedger({ db: database.db, now })
  const channels = createChannels({
    config: {
      ...{ creations_per_minute: 6, creations_burst: creationsBurst },
      ...{ changes_per_second: 5, changes_burst: changesBurst },
    },
    database,
    hub,
    bus,
    now,
    newId,
    callOf,
    ledger,
  })
  const config = { posts_per_second: postsPerSecond, posts_burst: postsBurst }
  const chat = createChat({ database, hub, channels, ledger, config, now, newId })
  /** What live calls were told: who had to go, whose access was asked again, who was asked to mute. */
  const callsTold: { did: 'end' | 'access' | 'mute'; slug: string; userId?: string }[] = []
  const inCall = (slug: string): Participant[] =>
    callOf(slug).map(({ userId, connectionId, joinedAt }) => ({
      ...{ connectionId, group: slug, joinedAt: new Date(joinedAt) },
      caller: { userId, username: userId, displayName: userId, sessionId: 's', byCookie: true },
    }))
  const toldOf = (did: 'end' | 'mute', { userId = '', group = '' }: Which) =>
    callsTold.push({ did, slug: group, userId })
  const onBug = (error: unknown) => void bugs.push(error)
  const moderation = createModeration({
    ...{ database, hub, channels, now, newId, onBug },
    config: { acts_per_second: 1, acts_burst: actsBurst },
    lockChanged: () => undefined,
    publishesInto,
    sfu: () => ({
      participants: (slug = '') => inCall(slug),
      end: (which) => toldOf('end', which),
      askToMute: (which) => void toldOf('mute', which),
      accessChanged: (slug, userId) =>
        void callsTold.push({ did: 'access', slug, ...(userId && { userId }) }),
      unlock: () => false,
      stockClient: undefined,
    }),
  })
  const dispatch = dispatcher(onBug, channels.socket, chat.socket, moderation.socket)

  const addPerson = async (id: string, role: 'admin' | 'member' = 'member') => {
    await database.db
      .insertInto('users')
      .values({
        id,
        username: id,
        displayName: id,
        role,
        passwordHash: '',
        disabled: 0,
        createdAt: now().toISOString(),
      })
      .execute()
  }
  await addPerson('alice', 'admin')
  for (const name of ['bob', 'carol', 'mallory']) await addPerson(name)

  /** One connection of a person: what it hears, and what it asks. */
  const connect = async (userId: string) => {
    const heard: Push[] = []
    const caller = { userId, sessionId: `s-${userId}`, connectionId: newId() }
    const connection: Connection = {
      caller,
      write: (frame) => heard.push(readFrame(frame)),
      close: () => topics.remove(connection),
      end: () => topics.remove(connection),
      beat: () => undefined,
    }
    topics.add(connection)
    await topics.fill(connection, channels.topicsOf)
    const reply = (type: string, body: unknown) => dispatch(caller, { id: 1, type, body })
    return {
      userId,
      heard,
      /** Every body heard of one type. */
      heardOf: <T extends keyof Pushes>(type: T) =>
        heard.filter((push) => push.type === type).map((push) => push.body as Pushes[T]),
      /** Forgets what was heard. */
      forget: () => {
        heard.length = 0
      },
      /** The body of the answer; throws where it is an error. */
      // biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely.
      async ask(type: string, body: unknown = {}): Promise<any> {
        const answer = await reply(type, body)
        if ('error' in answer) throw new Error(`${type}: ${answer.error.code}`, { cause: answer })
        return answer.body
      },
      /** The error of the answer, if it is one. */
      async refusal(type: string, body: unknown = {}): Promise<Failure | undefined> {
        const answer = await reply(type, body)
        return 'error' in answer ? answer.error : undefined
      },
      close: () => {
        topics.remove(connection)
      },
    }
  }

  let server: Server | undefined
  const listen = async () => {
    const application = express().use(express.json())
    application.use((request, response, next) => {
      response.locals.caller = { userId: request.get('x-user'), sessionId: 's' }
      next()
    })
    for (const { routes } of [channels, chat, moderation]) application.use('/api/channels', routes)
    application.use(answerErrors((error) => bugs.push(error)))
    const listening = application.listen(0, '127.0.0.1')
    await once(listening, 'listening')
    return listening
  }

  return {
    database,
    db: database.db,
    channels,
    chat,
    moderation,
    callsTold,
    hub,
    bus,
    bugs,
    calls,
    now,
    connect,
    addPerson,
    advance: (ms: number) => {
      time += ms
    },
    /** The same rules over REST, as this person. */
    async rest(userId: string, method: string, path: string, body?: unknown): Promise<RestAnswer> {
      server ??= await listen()
      const { port } = server.address() as AddressInfo
      const answer = await fetch(`http://127.0.0.1:${port}/api/channels${path}`, {
        method,
        headers: { 'x-user': userId, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      return { status: answer.status, body: await answer.json() }
    },
    async stop() {
      server?.closeAllConnections()
      server?.close()
      moderation.close()
      await database.close()
    },
  }
}
export type Talk = Awaited<ReturnType<typeof startTalk>>
export type TalkClient = Awaited<ReturnType<Talk['connect']>>
