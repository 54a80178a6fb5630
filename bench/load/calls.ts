import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { inTurns, type Spread, spreadOf } from './spread.ts'

/** Where calls are carried: directly, or through somebody. `headers` say who we are, where that is asked. */
export type Door = { url: string; path: string; headers?: Record<string, string> }

type Call = { socket: WebSocket; frame: Buffer; answered: () => void }

const AS_TEXT = { binary: false }
const OPTIONS = { perMessageDeflate: false, skipUTF8Validation: true }
const kept = new Map<string, Call[]>()

const open = (door: Door): WebSocket =>
  new WebSocket(`${door.url.replace('http', 'ws')}${door.path}`, {
    ...OPTIONS,
    ...(door.headers && { headers: door.headers }),
  })

const failed = (socket: WebSocket, fail: (error: Error) => void) => {
  socket.on('error', fail)
  socket.on('close', (code, reason) => fail(new Error(`closed with ${code} ${reason}`)))
}

const handshake = (id: string) => JSON.stringify({ type: 'handshake', version: ['2'], id })
const join = (group: string, token?: string) =>
  JSON.stringify({ type: 'join', kind: 'join', group, username: 'user-0', token })

/** Opens a socket, greets and joins; resolves with the milliseconds from opening to `joined`. */
const enter = (door: Door, id: string, group: string, token?: string) =>
  new Promise<{ socket: WebSocket; ms: number }>((done, fail) => {
    const since = performance.now()
    const socket = open(door)
    failed(socket, fail)
    socket.on('open', () => {
      socket.send(handshake(id))
      socket.send(join(group, token))
    })
    socket.on('message', (data: Buffer) => {
      const text = data.toString('latin1')
      if (text.includes('"type":"ping"')) socket.send('{"type":"pong"}')
      if (!text.includes('"type":"joined"')) return
      if (text.includes('"kind":"fail"')) fail(new Error(text))
      else done({ socket, ms: performance.now() - since })
    })
  })

/** A signalling message of `bytes`, as a client of Galene writes it. */
const messageOf = (id: string, bytes: number): Buffer => {
  const write = (value: string) =>
    JSON.stringify({
      type: 'usermessage',
      kind: 'bench',
      source: id,
      dest: id,
      username: 'user-0',
      value,
    })
  return Buffer.from(write('x'.repeat(bytes - write('').length)))
}

/** Holds `count` connections in a call under `key`, ten to a call: call-0, call-1 ... */
export const enterCalls = async (key: string, door: Door, count: number, bytes: number) => {
  const calls: Call[] = []
  await inTurns(count, 8, async (index) => {
    const id = `client-${index}`
    const { socket } = await enter(door, id, `call-${Math.floor(index / 10)}`)
    const call: Call = { socket, frame: messageOf(id, bytes), answered: () => undefined }
    socket.removeAllListeners('message')
    socket.on('message', (data: Buffer) => {
      // Only what was sent comes back as a message of this kind.
      if (data.length >= bytes) call.answered()
    })
    calls.push(call)
  })
  kept.set(key, calls)
}

export const leaveCalls = (key: string) => {
  for (const { socket } of kept.get(key) ?? []) {
    socket.removeAllListeners()
    socket.on('error', () => undefined)
    socket.terminate()
  }
  kept.delete(key)
}

const callsOf = (key: string): Call[] => {
  const calls = kept.get(key)
  if (!calls) throw new Error(`nothing is open under ${key}`)
  return calls
}

/** Every connection sends its next message when the last one has come back, for `ms`. Answers the round trips made. */
export const chaseMessages = async (key: string, ms: number): Promise<number> => {
  const calls = callsOf(key)
  let trips = 0
  let isOver = false
  const done = calls.map(
    (call) =>
      new Promise<void>((finished) => {
        call.answered = () => {
          trips += 1
          if (isOver) finished()
          else call.socket.send(call.frame, AS_TEXT)
        }
        call.socket.send(call.frame, AS_TEXT)
      }),
  )
  await wait(ms)
  isOver = true
  await Promise.all(done)
  return trips
}

/** Every connection sends `perSecond` messages a second, evenly spread, for `ms`. Answers how long they took to come back. */
export const paceMessages = async (key: string, ms: number, perSecond: number): Promise<Spread> => {
  const calls = callsOf(key)
  const times: number[] = []
  const sent = new Map<Call, number>()
  for (const call of calls) {
    call.answered = () => times.push(performance.now() - (sent.get(call) ?? Number.NaN))
  }
  const since = performance.now()
  const everyMs = 1_000 / (perSecond * calls.length)
  let made = 0
  const tick = () => {
    const now = performance.now()
    for (; made * everyMs <= now - since; made += 1) {
      const call = calls[made % calls.length]
      if (!call) return
      sent.set(call, performance.now())
      call.socket.send(call.frame, AS_TEXT)
    }
  }
  const timer = setInterval(tick, 1)
  await wait(ms)
  clearInterval(timer)
  await wait(50)
  return spreadOf(times)
}

/** A text frame as a client sends it, masked with zeros (RFC 6455 section 5.3). For less than 126 bytes. */
const masked = (text: string): Buffer =>
  Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)])

const upgradeOnce = ({ url, path, headers = {} }: Door): Promise<void> =>
  new Promise((done, fail) => {
    const { host, hostname, port } = new URL(url)
    const fields = {
      host,
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      ...headers,
    }
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
    const socket = connect({ port: Number(port), host: hostname, noDelay: true })
    let heard = ''
    let isUpgraded = false
    socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`)
    socket.on('data', (data) => {
      heard += data.toString('latin1')
      if (!isUpgraded && heard.includes('\r\n\r\n')) {
        isUpgraded = heard.startsWith('HTTP/1.1 101')
        if (isUpgraded) socket.write(masked(handshake('client')))
        else fail(new Error(heard))
      }
      if (!heard.includes('"type":"handshake"')) return
      socket.destroy()
      done()
    })
    socket.on('error', fail)
    socket.on('end', () => fail(new Error(`ended after ${heard}`)))
  })

/** Opens `count` sockets through the door, each up to the answered handshake, and drops them. Answers the milliseconds it took. */
export const makeUpgrades = async (door: Door, count: number): Promise<number> => {
  const since = performance.now()
  await inTurns(count, 16, () => upgradeOnce(door))
  return performance.now() - since
}

/** Holds `count` idle connections under `key`, each with its handshake answered. */
export const holdCalls = async (key: string, door: Door, count: number) => {
  const calls: Call[] = []
  await inTurns(count, 32, async (index) => {
    const socket = open(door)
    await new Promise((done, fail) => {
      failed(socket, fail)
      socket.on('open', () => socket.send(handshake(`client-${index}`)))
      socket.on('message', done)
    })
    calls.push({ socket, frame: Buffer.alloc(0), answered: () => undefined })
  })
  kept.set(key, calls)
}

/** Between two joins, so that what is stored about the last one does not hold up the next. */
const PAUSE_MS = 20

/** Joins one after the other, once with each token, and leaves again. Answers the milliseconds from opening to `joined`. */
export const timeJoins = async (
  door: Door,
  group: string,
  tokens: (string | null)[],
): Promise<number[]> => {
  const times: number[] = []
  for (const [index, token] of tokens.entries()) {
    const { socket, ms } = await enter(door, `joiner-${index}`, group, token ?? undefined)
    times.push(ms)
    socket.removeAllListeners()
    const closed = new Promise((done) => socket.on('close', done))
    socket.close()
    await closed
    await wait(PAUSE_MS)
  }
  return times
}
