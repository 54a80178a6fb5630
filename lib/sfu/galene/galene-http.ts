import { type ClientRequest, get as getHttp } from 'node:http'
import { get as getHttps } from 'node:https'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { PROTOCOL_VERSION, statusPath, WS_PATH } from './facts.ts'

const POKE_MS = 3_000
const CHECK_MS = 3_000
/** Together below the 100 ms in which a lost leg must end the other [SFU-15]. */
const SETTLE_MS = 60
const PROBE_MS = 35

/** What the status of a poke means to who runs the server; undefined where the file was read, or nobody answers. */
const complaint = (status: number | undefined): string | undefined => {
  if (status === undefined || status === 200) return undefined
  if (status === 404) {
    return 'the call server does not see the group file: sfu.groups_dir must be the folder of its -groups'
  }
  if (status >= 300 && status < 400) {
    return 'the call server answers for another host name: set sfu.token_audience to its canonicalHost'
  }
  return `the call server cannot read the group file (it answers ${status})`
}

/** Makes an SFU read group files again, until it is ended. */
export const createPoker = () => {
  const underWay = new Set<ClientRequest>()
  let isEnded = false

  /** Answers the status of a GET, undefined where nobody answers in time. The body is read and dropped. */
  const statusOf = (url: string, host: string): Promise<number | undefined> =>
    new Promise((done) => {
      if (isEnded) return done(undefined)
      const get = url.startsWith('https:') ? getHttps : getHttp
      // Not the time without a byte: an answer that trickles would hold up every round.
      const options = { signal: AbortSignal.timeout(POKE_MS), ...(host && { headers: { host } }) }
      const request: ClientRequest = get(url, options, (response) => {
        response.resume()
        response.on('close', () => done(response.statusCode))
      })
      underWay.add(request)
      request.on('error', () => done(undefined))
      request.on('close', () => underWay.delete(request))
    })

  return {
    /**
     * Makes the SFU read a group file again. Answers a sentence where it cannot; undefined where it did, or where it does not
     * answer now: then it reads the file when somebody joins.
     */
    poke: async (url: string, host: string, group: string): Promise<string | undefined> =>
      complaint(await statusOf(`${url}${statusPath(group)}`, host)),
    /** Lets go of what is under way, and asks nothing more: a stop waits for no SFU that hangs. */
    end() {
      isEnded = true
      for (const request of underWay) request.destroy()
    },
  }
}

/** Whether a Galene answers the handshake of its protocol at `url` within three seconds. Never throws. */
export const answersHandshake = (url: string): Promise<boolean> =>
  new Promise((done) => {
    const socket = new WebSocket(`${url}${WS_PATH}`, { perMessageDeflate: false })
    const end = (answered: boolean) => {
      clearTimeout(timer)
      done(answered)
      socket.terminate()
    }
    const timer = setTimeout(() => end(false), CHECK_MS)
    const hello = { type: 'handshake', version: [PROTOCOL_VERSION], id: 'pyrite-health' }
    socket.on('open', () => socket.send(JSON.stringify(hello)))
    socket.on('message', (data) => end(data.toString().includes('"handshake"')))
    socket.on('error', () => end(false))
    socket.on('close', () => end(false))
  })

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
