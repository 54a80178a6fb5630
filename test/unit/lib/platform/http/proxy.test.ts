import { Agent, createServer, type IncomingMessage, request, type Server } from 'node:http'
import { type AddressInfo, connect, createServer as createTcp, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PyriteError } from '../../../../../lib/platform/errors.ts'
import { type ProxyTarget, readWhole, sendOn } from '../../../../../lib/platform/http/proxy.ts'
import { eventually } from '../../../../support/eventually.ts'

const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port
const listens = (server: Server | ReturnType<typeof createTcp>) =>
  new Promise<void>((done) => server.listen(0, '127.0.0.1', done))

let agent: Agent
let front: Server
let closers: (() => void)[]
let outcomes: string[]
let target: Omit<ProxyTarget, 'agent'>
/** Errors that would have ended a process. */
let uncaught: unknown[]
const onUncaught = (error: unknown) => uncaught.push(error)

beforeEach(async () => {
  agent = new Agent({ keepAlive: true })
  closers = []
  outcomes = []
  uncaught = []
  process.prependListener('uncaughtException', onUncaught)
  front = createServer((asked, response) => {
    sendOn(asked, response, { ...target, agent }).then(
      (answer) => {
        outcomes.push(`answered ${answer.statusCode}`)
        response.writeHead(answer.statusCode ?? 0, { 'x-from': String(answer.headers['x-from']) })
        answer.pipe(response)
      },
      (error: unknown) => {
        outcomes.push(error instanceof PyriteError ? error.code : String(error))
        if (!response.destroyed) response.writeHead(502).end()
      },
    )
  })
  await listens(front)
})
afterEach(() => {
  process.off('uncaughtException', onUncaught)
  for (const close of closers) close()
  agent.destroy()
  front.closeAllConnections()
  front.close()
})

/** A server behind us that speaks raw TCP, and so can do everything wrong. */
const behind = async (talk: (socket: Socket, seen: string) => void) => {
  const sockets = new Set<Socket>()
  const server = createTcp((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    socket.on('data', (data) => talk(socket, String(data)))
  })
  await listens(server)
  closers.push(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const url = `http://127.0.0.1:${portOf(server)}/there?x=1`
  target = { url, headers: { 'x-ours': 'yes' }, answerMs: 500 }
  return sockets
}

type Answer = { status: number; from: string | undefined; body: string }
const ask = (path = '/', headers: Record<string, string> = {}) =>
  new Promise<Answer | 'cut off'>((done) => {
    request({ port: portOf(front), path, headers }, (answer: IncomingMessage) => {
      let body = ''
      answer.on('data', (data) => {
        body += data
      })
      answer.on('end', () => {
        const from = answer.headers['x-from'] as string | undefined
        done({ status: answer.statusCode ?? 0, from, body })
      })
      answer.on('error', () => done('cut off'))
    })
      .on('error', () => done('cut off'))
      .end()
  })

const WELL = 'HTTP/1.1 200 OK\r\nx-from: behind\r\ncontent-length: 5\r\n\r\nhello'

describe('a request that is sent on', () => {
  it('carries our headers and none of the caller’s', async () => {
    let seen = ''
    await behind((socket, text) => {
      seen = text
      socket.write(WELL)
    })
    const answer = await ask('/here', { cookie: 'secret', authorization: 'Basic x', 'x-a': 'b' })
    expect(answer).toEqual({ status: 200, from: 'behind', body: 'hello' })
    expect(seen).toMatch(/^GET \/there\?x=1 HTTP\/1\.1\r\n/)
    expect(seen).toContain('x-ours: yes')
    expect(seen).not.toMatch(/cookie|authorization|x-a:/i)
  })

  it('uses one connection again and again', async () => {
    const sockets = await behind((socket) => socket.write(WELL))
    for (let n = 0; n < 20; n += 1) expect(await ask()).toMatchObject({ status: 200 })
    expect(sockets.size).toBe(1)
  })

  const faults: [string, (socket: Socket) => void, unknown][] = [
    ['resets at once', (socket) => socket.resetAndDestroy(), { status: 502 }],
    ['hangs up without a word', (socket) => socket.end(), { status: 502 }],
    ['says nothing', () => undefined, { status: 502 }],
    ['sends half a header', (socket) => socket.write('HTTP/1.1 200 OK\r\nx-fr'), { status: 502 }],
    ['speaks no HTTP', (socket) => socket.write('\0\0nonsense\r\n\r\n'), { status: 502 }],
    [
      'switches protocols unasked',
      (socket) =>
        socket.write('HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
      { status: 502 },
    ],
    [
      'resets in the middle of its answer',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\nhel', () =>
          setImmediate(() => socket.resetAndDestroy()),
        )
      },
      'cut off',
    ],
    [
      'ends before its length',
      (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\nhel'),
      'cut off',
    ],
  ]
  it.each(faults)('outlives a server behind that %s [R5]', async (_, fault, expected) => {
    const sockets = await behind(fault)
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask()))
    for (const answer of answers) {
      if (typeof expected === 'string') expect(answer).toBe(expected)
      else expect(answer).toMatchObject(expected as object)
    }
    expect(outcomes).toHaveLength(20)
    await eventually(() => expect(sockets.size).toBe(0))
    expect(uncaught).toEqual([])
    await behind((socket) => socket.write(WELL))
    expect(await ask()).toMatchObject({ status: 200 })
  })

  it('lets go of the server behind when its caller resets, before or during the answer [R5]', async () => {
    for (const begin of ['', 'HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\nhel']) {
      const sockets = await behind((socket) => socket.write(begin || ' '.slice(1)))
      const callers = Array.from({ length: 20 }, () => {
        const caller = connect(portOf(front), '127.0.0.1')
        caller.on('error', () => undefined)
        caller.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
        return caller
      })
      await eventually(() => expect(sockets.size).toBe(20))
      for (const caller of callers) caller.resetAndDestroy()
      await eventually(() => expect(sockets.size).toBe(0))
    }
    expect(uncaught).toEqual([])
  })

  it('is answered with no-answer where nobody listens', async () => {
    target = { url: 'http://127.0.0.1:9/', headers: {}, answerMs: 500 }
    expect(await ask()).toMatchObject({ status: 502 })
    expect(outcomes).toEqual(['calls.no-answer'])
  })
})

describe('a short answer', () => {
  it('is read whole, or refused where it is too large', async () => {
    await behind((socket) => socket.write(WELL))
    const results: unknown[] = []
    front.removeAllListeners('request')
    front.on('request', async (asked, response) => {
      const limit = Number(asked.headers['x-limit'])
      const answer = await sendOn(asked, response, { ...target, agent })
      results.push(await readWhole(answer, limit).then(String, (error: PyriteError) => error.code))
      response.end()
    })
    await ask('/', { 'x-limit': '5' })
    await ask('/', { 'x-limit': '4' })
    expect(results).toEqual(['hello', 'calls.no-answer'])
  })
})
