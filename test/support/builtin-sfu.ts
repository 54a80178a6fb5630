import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { WebSocket } from 'ws'
import { createLog } from '../../lib/platform/log.ts'
import { type BuiltinSfuOptions, runBuiltinSfu } from '../../lib/sfu/builtin/index.ts'
import { eventually } from './eventually.ts'

export type Json = Record<string, unknown>

/** What a moderator, a member and a listener may do, as Pyrite says it in tokens. */
export const MODERATOR = ['op', 'present', 'message', 'caption', 'token']
export const MEMBER = ['present', 'message']
export const LISTENER = ['message']

/** A signing key and the group files that know it. */
export const createIssuer = async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), kid: 'test', alg: 'ES256' }
  const now = () => Math.floor(Date.now() / 1000)
  return {
    jwk,
    privateKey,
    mint: (
      username: string,
      group: string,
      permissions: unknown,
      claims: JWTPayload = {},
      header: Json = {},
    ) =>
      new SignJWT({
        sub: username,
        aud: `https://chat.example/group/${group}/`,
        iat: now(),
        exp: now() + 60,
        permissions,
        ...claims,
      })
        .setProtectedHeader({ alg: 'ES256', kid: 'test', ...header })
        .sign(privateKey),
  }
}

type Waiting = { isIt(message: Json): boolean; found(message: Json): void }

/** One raw connection that remembers everything it heard. It answers no ping. */
export const connect = async (url: string, headers: Record<string, string> = {}) => {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, { headers })
  const heard: Json[] = []
  const waiting = new Set<Waiting>()
  let closed: { code: number; reason: string } | undefined
  socket.on('message', (frame) => {
    const message: Json = JSON.parse(String(frame))
    heard.push(message)
    for (const each of [...waiting]) if (each.isIt(message)) each.found(message)
  })
  socket.on('close', (code, reason) => {
    closed = { code, reason: String(reason) }
  })
  await new Promise((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  socket.on('error', () => undefined)
  /** The first message that has all of `fields`, waiting for it. */
  const hears = (fields: Json, withinMs = 5_000): Promise<Json> => {
    const isIt = (message: Json) =>
      Object.entries(fields).every(([key, value]) => message[key] === value)
    const already = heard.find(isIt)
    if (already) return Promise.resolve(already)
    return new Promise((resolve, reject) => {
      const tooLate = setTimeout(() => {
        waiting.delete(entry)
        const what = JSON.stringify(fields)
        reject(new Error(`never heard ${what} in ${JSON.stringify(heard)}, ${closed?.code}`))
      }, withinMs)
      const entry: Waiting = {
        isIt,
        found: (message) => {
          clearTimeout(tooLate)
          waiting.delete(entry)
          resolve(message)
        },
      }
      waiting.add(entry)
    })
  }
  return {
    socket,
    heard,
    hears,
    send: (message: Json) => socket.send(JSON.stringify(message)),
    raw: (frame: string) => socket.send(frame),
    isClosed: (withinMs = 5_000) =>
      eventually(() => {
        if (closed) return closed
        throw new Error('the connection is still open')
      }, withinMs),
    close: () => socket.close(),
  }
}

/** A built-in SFU in this process, on free ports, with one folder of groups that all trust one issuer. */
export const startBuiltinSfu = async (
  groups: Record<string, Json> = { general: {} },
  options: Partial<BuiltinSfuOptions> = {},
) => {
  const groupsDir = await mkdtemp(joinPath(tmpdir(), 'pyrite-groups-'))
  const issuer = await createIssuer()
  const writeGroup = (name: string, fields: Json) =>
    writeFile(
      joinPath(groupsDir, `${name}.json`),
      JSON.stringify({ authKeys: [issuer.jwk], ...fields }),
    )
  for (const [name, fields] of Object.entries(groups)) await writeGroup(name, fields)
  const sfu = await runBuiltinSfu({
    groupsDir,
    listen: '127.0.0.1:0',
    log: createLog('warn'),
    loopback: true,
    publicAddress: '',
    udpPort: 0,
    maxParticipants: 16,
    maxStreams: 300,
    streamsPerPerson: 4,
    messagesPerSecond: 100,
    messagesBurst: 400,
    maxFrameBytes: 1_048_576,
    maxLoopDelayMs: 1_000,
    ...options,
  })
  let people = 0
  const handshaken = async (id = `client-${++people}`) => {
    const connection = await connect(sfu.url)
    connection.send({ type: 'handshake', version: ['2'], id })
    await connection.hears({ type: 'handshake' })
    return { ...connection, id }
  }
  /** Somebody who has joined, and has heard so. */
  const join = async (
    username: string,
    permissions: string[] = MEMBER,
    { group = 'general', data }: { group?: string; data?: Json } = {},
  ) => {
    const person = await handshaken()
    const token = await issuer.mint(username, group, permissions)
    person.send({ type: 'join', kind: 'join', group, token, ...(data ? { data } : {}) })
    const joined = await person.hears({ type: 'joined' })
    return { ...person, username, joined }
  }
  return {
    url: sfu.url,
    groupsDir,
    issuer,
    writeGroup,
    handshaken,
    join,
    stats: async () => (await (await fetch(`${sfu.url}/stats`)).json()) as Record<string, number>,
    stop: async () => {
      await sfu.stop()
      await rm(groupsDir, { recursive: true, force: true })
    },
  }
}
export type TestSfu = Awaited<ReturnType<typeof startBuiltinSfu>>
