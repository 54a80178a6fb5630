import { WebSocket } from 'ws'
import { MAX_SERVER_FRAME_BYTES, PROTOCOL_VERSION, WS_PATH } from '../wire/facts.ts'
import { type Frame, readFrame, stringsIn } from '../wire/frame.ts'
import type { Connecting } from '../wire/tls.ts'

/** One ICE server as a browser gets it at the join. */
export type GivenIceServer = { urls: string[]; username?: string; credential?: string }

/** How a real join went. */
export type JoinTry =
  | {
      is: 'joined'
      permissions: string[]
      iceServers: GivenIceServer[]
      relayOnly: boolean
      ms: number
    }
  | { is: 'refused'; why: string }
  /** No WebSocket came about: an HTTP status, such as 403 for a foreign Origin. */
  | { is: 'no-upgrade'; status: number }
  | { is: 'old-protocol'; versions: string[] }
  | { is: 'unreachable'; why: string }
  | { is: 'silent' }

export type JoinNeeds = {
  url: string
  group: string
  token: string
  /** The client's. */
  id: string
  connecting: Pick<Connecting, 'socketOptions'>
  /** For the whole of it. */
  timeoutMs?: number
  /** Such as an Origin. */
  headers?: Record<string, string>
}

const TIMEOUT_MS = 6_000

const readServer = (server: Frame): GivenIceServer => ({
  urls: typeof server.urls === 'string' ? [server.urls] : stringsIn(server.urls),
  ...(typeof server.username === 'string' && { username: server.username }),
  ...(typeof server.credential === 'string' && { credential: server.credential }),
})

const readJoined = (frame: Frame, began: number): JoinTry => {
  if (frame.kind === 'fail') return { is: 'refused', why: String(frame.value ?? frame.error ?? '') }
  const rtc = (frame.rtcConfiguration ?? {}) as Frame
  const servers = Array.isArray(rtc.iceServers) ? (rtc.iceServers as Frame[]) : []
  return {
    is: 'joined',
    permissions: stringsIn(frame.permissions),
    iceServers: servers.map(readServer),
    relayOnly: rtc.iceTransportPolicy === 'relay',
    ms: Math.round(performance.now() - began),
  }
}

/** What a frame settles; undefined where it settles nothing. */
const verdict = (frame: Frame, began: number): JoinTry | undefined => {
  if (frame.type === 'joined') return readJoined(frame, began)
  if (frame.type !== 'handshake') return undefined
  const versions = stringsIn(frame.version)
  return versions.includes(PROTOCOL_VERSION) ? undefined : { is: 'old-protocol', versions }
}

/** Joins a group at the SFU itself, past the bridge, as nobody in particular, and leaves at once. Never rejects. */
export const tryJoin = (needs: JoinNeeds): Promise<JoinTry> =>
  new Promise((done) => {
    const { url, group, token, id, connecting, headers = {} } = needs
    const began = performance.now()
    const socket = new WebSocket(`${url}${WS_PATH}`, {
      ...connecting.socketOptions,
      ...{ perMessageDeflate: false, maxPayload: MAX_SERVER_FRAME_BYTES, headers },
    })
    const end = (outcome: JoinTry) => {
      clearTimeout(timer)
      done(outcome)
      if (socket.readyState === WebSocket.OPEN) socket.close(1000)
      else socket.terminate()
    }
    const timer = setTimeout(() => end({ is: 'silent' }), needs.timeoutMs ?? TIMEOUT_MS)
    const say = (message: Frame) => socket.send(JSON.stringify(message))
    socket.on('open', () => {
      say({ type: 'handshake', version: [PROTOCOL_VERSION], id })
      say({ type: 'join', kind: 'join', group, token, data: {} })
    })
    socket.on('message', (data) => {
      const outcome = verdict(readFrame(String(data)), began)
      if (outcome) end(outcome)
    })
    socket.on('unexpected-response', (_request, response) => {
      response.resume()
      end({ is: 'no-upgrade', status: response.statusCode ?? 0 })
    })
    socket.on('error', (error) => end({ is: 'unreachable', why: error.message }))
    socket.on('close', (code, reason) =>
      end({ is: 'unreachable', why: `closed with ${code} ${reason}`.trim() }),
    )
  })
