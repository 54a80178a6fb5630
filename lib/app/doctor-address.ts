import { WebSocket } from 'ws'
import type { Config } from '../platform/config/schema.ts'
import type { Finding } from '../protocol/admin.ts'
import { found, well } from './doctor-findings.ts'

const TIMEOUT_MS = 5_000
/** Addresses from which nobody but this machine comes. */
const LOCAL = new Set(['127.0.0.1', '::1', 'localhost'])

/** What a WebSocket without a session is told by Pyrite: to sign in first. */
const SIGNED_OUT = 401

/** The HTTP status that an upgrade is refused with; undefined where it is not refused with one. */
const upgradeStatus = (url: string): Promise<number | undefined> =>
  new Promise((done) => {
    const socket = new WebSocket(url, { handshakeTimeout: TIMEOUT_MS })
    const end = (status?: number) => {
      socket.terminate()
      done(status)
    }
    socket.on('unexpected-response', (_request, response) => {
      response.resume()
      end(response.statusCode)
    })
    socket.on('open', () => end())
    socket.on('error', () => end())
  })

type Here = { is: 'pyrite' } | { is: 'something' } | { is: 'nothing'; why: string }

const whoAnswers = async (url: string): Promise<Here> => {
  try {
    const response = await fetch(`${url}/api/openapi.json`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
      redirect: 'manual',
    })
    const body = response.ok ? await response.json().catch(() => undefined) : undefined
    const { info } = (body ?? {}) as { info?: { title?: unknown } }
    return { is: info?.title === 'Pyrite' ? 'pyrite' : 'something' }
  } catch (error) {
    const { cause, message } = error as Error
    return { is: 'nothing', why: cause instanceof Error ? cause.message : message }
  }
}

const throughFindings = async (publicUrl: string): Promise<Finding[]> => {
  const url = publicUrl.replace(/\/+$/, '')
  const here = await whoAnswers(url)
  if (here.is === 'nothing') return [found('public-url-unreachable', here.why)]
  if (here.is === 'something') return [found('public-url-elsewhere', url)]
  const status = await upgradeStatus(`${url.replace(/^http/, 'ws')}/ws`)
  if (status === SIGNED_OUT)
    return [well('public-url', `Pyrite answers at ${url}, WebSockets too.`)]
  return [found('proxy-no-websocket', `/ws answers ${status ?? 'nothing'}`)]
}

const isSecureContext = (url: string): boolean => {
  const { protocol, hostname } = new URL(url)
  return protocol === 'https:' || LOCAL.has(hostname) || hostname.endsWith('.localhost')
}

/** `origin`: of the page that asks, where one does. */
const originFindings = ({ server }: Config, origin: string | undefined): Finding[] => {
  if (origin === undefined || server.public_url === '') return []
  const known = [server.public_url, ...server.allowed_origins].map((url) => new URL(url).origin)
  return known.includes(origin) ? [] : [found('origin-differs', `${origin}, not ${known[0]}`)]
}

/** Whether people reach Pyrite at the address it believes in, in a way that browsers allow calls on. */
export const addressFindings = async (config: Config, origin?: string): Promise<Finding[]> => {
  const { public_url, host } = config.server
  const isLocal = LOCAL.has(host)
  const seen = public_url || origin
  return [
    ...(public_url === '' && !isLocal ? [found('public-url-empty')] : []),
    ...(seen !== undefined && !isSecureContext(seen) ? [found('public-url-plain', seen)] : []),
    ...originFindings(config, origin),
    ...(public_url === '' ? [] : await throughFindings(public_url)),
  ]
}
