import type { ClientRequest } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { PyriteError } from '../../../platform/errors.ts'
import { CLOSE } from '../../../protocol/close-codes.ts'
import { type Answer, askWhole, nameTrouble, type Question } from './ask.ts'
import { PROTOCOL_VERSION, statusPath, WS_PATH } from './facts.ts'
import type { Connecting } from './tls.ts'

const CHECK_MS = 3_000
/** A join waits for this, and is refused then. */
const REDIRECT_MS = 5_000
/** Together below the 100 ms in which a lost leg must end the other [SFU-15]. */
const SETTLE_MS = 60
const PROBE_MS = 35

export type HttpNeeds = { url: () => string; connecting: Pick<Connecting, 'agent'> }

/** Speaks HTTP with the SFU, until it is ended. */
export const createGaleneHttp = ({ url, connecting: { agent } }: HttpNeeds) => {
  const underWay = new Set<ClientRequest>()
  let isEnded = false

  /** One question and its whole answer: see ask.ts. */
  const ask = (path: string, question: Question = {}): Promise<Answer> => {
    if (isEnded) return Promise.reject(new Error('Pyrite is stopping'))
    return askWhole({ url: url(), agent }, path, question, (request) => {
      underWay.add(request)
      request.on('close', () => underWay.delete(request))
    })
  }

  return {
    ask,
    /**
     * Makes the SFU look at a group again. Answers the status it answers; undefined where it does not answer now: then it looks
     * when somebody joins. `host` is its canonicalHost, where it has one.
     */
    poke: async (group: string, host = ''): Promise<number | undefined> => {
      try {
        return (await ask(statusPath(group), { headers: host ? { host } : {} })).status
      } catch {
        // Whether it answers at all is for the watch to say.
        return undefined
      }
    },
    /** Lets go of what is under way, and asks nothing more: a stop waits for no SFU that hangs. */
    end() {
      isEnded = true
      for (const request of underWay) request.destroy()
    },
  }
}
export type GaleneHttp = ReturnType<typeof createGaleneHttp>

/**
 * Throws where a group only leads elsewhere: Galene 1.1 falls when somebody joins such a one by its WebSocket, and all calls with it.
 * Throws `calls.no-answer` where the SFU does not say: whoever makes it slow must not get past. `host` as for `poke`.
 */
export const mustNotRedirect = async (
  { ask }: Pick<GaleneHttp, 'ask'>,
  group: string,
  host: string,
): Promise<void> => {
  const question = { headers: host ? { host } : {}, withinMs: REDIRECT_MS }
  const { text } = await ask(statusPath(group), question).catch((cause: unknown) => {
    throw new PyriteError('calls.no-answer', 'the call server does not answer', { cause })
  })
  if (!/"redirect"\s*:/.test(text)) return
  throw new Error(`the group ${group} has a "redirect" at the call server: take it out`)
}

/** Galene logs a line for whoever goes without a word, and it is asked every few seconds. */
export const takeLeave = (socket: WebSocket): void => socket.close(CLOSE.normal)

/**
 * Why there is no Galene at `url`: what stands in the way in words, or '' where nobody answers within three seconds; undefined where
 * the handshake of its protocol is answered: then `keep` is given the open connection, and closes it some time. Never throws.
 */
export const handshakeProblem = (
  url: string,
  { socketOptions }: Pick<Connecting, 'socketOptions'>,
  keep: (socket: WebSocket) => void = takeLeave,
): Promise<string | undefined> =>
  new Promise((done) => {
    const options = { perMessageDeflate: false, ...socketOptions }
    const socket = new WebSocket(`${url}${WS_PATH}`, options)
    let isOver = false
    const end = (problem: string | undefined) => {
      if (isOver) return
      isOver = true
      clearTimeout(timer)
      done(problem)
      if (problem === undefined) keep(socket)
      else socket.terminate()
    }
    const timer = setTimeout(() => end(''), CHECK_MS)
    const hello = { type: 'handshake', version: [PROTOCOL_VERSION], id: 'pyrite-health' }
    socket.on('open', () => socket.send(JSON.stringify(hello)))
    socket.on('message', (data) =>
      end(data.toString().includes('"handshake"') ? undefined : NO_GALENE),
    )
    socket.on('unexpected-response', (_request, { statusCode }) =>
      end(`${NO_GALENE} (it answers ${statusCode})`),
    )
    socket.on('error', (error: Error & { code?: string }) =>
      end(nameTrouble(error) ?? (error.code ? '' : error.message)),
    )
    socket.on('close', () => end(''))
  })
const NO_GALENE = 'what answers at this address does not speak the protocol of Galene'

/**
 * Whether something still accepts connections at `url` after a connection was lost; answers within 95 ms. Never throws. It looks a
 * moment later, since the kernel closes the sockets of a killed process one by one, and the listening one need not be the first.
 */
export const stillListens = async (url: string): Promise<boolean> => {
  await pause(SETTLE_MS)
  return accepts(url)
}

const accepts = (url: string): Promise<boolean> =>
  new Promise((done) => {
    const { protocol, hostname, port } = new URL(url)
    const host = hostname.replace(/^\[|\]$/g, '')
    const socket = connect({ host, port: Number(port || (protocol === 'https:' ? 443 : 80)) })
    const end = (accepted: boolean) => {
      socket.destroy()
      done(accepted)
    }
    socket.setTimeout(PROBE_MS, () => end(false))
    socket.on('connect', () => end(true))
    socket.on('error', () => end(false))
  })
