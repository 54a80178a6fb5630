// The only module that touches the native library. It aborts the process on some misuse, so each call stands behind the
// check that makes it safe; the reasons are in docs/builtin-sfu.md.
import { createSocket } from 'node:dgram'
import { cleanup, IceUdpMuxListener, PeerConnection, type Track, Video } from 'node-datachannel'
import type { Log } from '../../platform/log.ts'
import type { Counters } from './counters.ts'
import type { RemoteTransport } from './sdp.ts'
import type { LocalTransport } from './sdp-writer.ts'

export type EngineNeeds = {
  /** Media on 127.0.0.1 only. */
  loopback: boolean
  /** The address told to browsers instead of the host's own; empty: the host's own. */
  publicAddress: string
  /** 0 takes a free one. */
  udpPort: number
  counters: Counters
  log: Log
}

/** What a link tells its owner. Nothing is told after `close()`. */
export type LinkEvents = { open(): void; packet(packet: Buffer): void; dead(): void }

/** The native connections of one SFU, all on one UDP port. */
export type Engine = {
  udpPort: number
  /** A connection that we offer. */
  offerer(events: LinkEvents): MediaLink
  /** A connection that answers `remote`. Throws when the library takes no such description. */
  answerer(remote: RemoteTransport, events: LinkEvents): MediaLink
  /** Closes every link, and the port. */
  close(): void
}

/** What the owner of a link may do with it. */
export type MediaLink = { [Part in keyof Link]: Link[Part] }

const GATHERING_MS = 2_000
/**
 * Left to the browser's first checks to arrive before its answer is used. The library checks back at once where it knows the browser's
 * addresses by then, but 50 to 100 ms after a check that comes later, and the browser's DTLS meanwhile waits for a repetition.
 */
const ACCEPT_AFTER_MS = 20
const LOOPBACK = '127.0.0.1'

/** The library keeps threads for the whole process; they end when the last engine in it closes. */
let openEngines = 0

/** Opens the media port. Throws when it is taken. */
export const openEngine = async (needs: EngineNeeds): Promise<Engine> => {
  const udpPort = needs.udpPort || (await freeUdpPort(needs.loopback))
  // Holds the port, so that no later bind, whose failure would abort the process, can fail.
  const listener = needs.loopback
    ? new IceUdpMuxListener(udpPort, LOOPBACK)
    : new IceUdpMuxListener(udpPort)
  const links = new Set<Link>()
  openEngines++
  const make = (events: LinkEvents): Link =>
    new Link({ ...needs, udpPort }, events, {
      opened: (link) => links.add(link),
      closed: (link) => links.delete(link),
    })
  return {
    udpPort,
    offerer: (events) => startOrClose(make(events), (link) => link.offer()),
    answerer: (remote, events) => startOrClose(make(events), (link) => link.answer(remote)),
    close: () => {
      for (const link of [...links]) link.close()
      listener.stop()
      if (--openEngines === 0) cleanup()
    },
  }
}

const startOrClose = (link: Link, start: (link: Link) => void): Link => {
  try {
    start(link)
    return link
  } catch (error) {
    link.close()
    throw error
  }
}

const freeUdpPort = (loopback: boolean): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createSocket('udp4')
    probe.once('error', reject)
    probe.bind(0, loopback ? LOOPBACK : undefined, () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })

/** The only SDP the library ever parses: ours, with four checked values of the peer's. All media pass through its one track. */
const bareSdp = ({ ufrag, password, fingerprint, setup }: RemoteTransport): string =>
  [
    'v=0',
    'o=- 1 1 IN IP4 0.0.0.0',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0',
    'm=video 9 UDP/TLS/RTP/SAVPF 96',
    'c=IN IP4 0.0.0.0',
    'a=mid:0',
    'a=sendrecv',
    'a=rtcp-mux',
    'a=rtpmap:96 VP8/90000',
    `a=ice-ufrag:${ufrag}`,
    `a=ice-pwd:${password}`,
    `a=fingerprint:sha-256 ${fingerprint}`,
    `a=setup:${setup}`,
    '',
  ].join('\r\n')

type LinkNeeds = EngineNeeds & { udpPort: number }
type Registry = { opened(link: Link): void; closed(link: Link): void }

/** One native connection: ICE, DTLS and SRTP with one browser. It negotiates once in its life. */
export class Link {
  /** Whether packets may be sent. */
  isOpen = false
  /** When the last packet came, by performance.now(). */
  heardAt = performance.now()
  readonly #needs: LinkNeeds
  readonly #registry: Registry
  readonly #events: LinkEvents
  #native: PeerConnection | undefined
  #track: Track | undefined
  #answered = false
  #acceptTimer: NodeJS.Timeout | undefined
  readonly #gathered: Promise<void>
  #gatheringEnded: () => void = () => undefined

  constructor(needs: LinkNeeds, events: LinkEvents, registry: Registry) {
    this.#needs = needs
    this.#registry = registry
    this.#gathered = new Promise((resolve) => {
      this.#gatheringEnded = resolve
    })
    const native = new PeerConnection('sfu', {
      iceServers: [],
      enableIceUdpMux: true,
      portRangeBegin: needs.udpPort,
      portRangeEnd: needs.udpPort,
      disableAutoNegotiation: true,
      forceMediaTransport: true,
      ...(needs.loopback ? { bindAddress: LOOPBACK } : {}),
    })
    this.#native = native
    this.#events = events
    registry.opened(this)
    needs.counters.links++
    needs.counters.linksMade++
  }

  get isLive(): boolean {
    return this.#native !== undefined
  }

  offer(): void {
    this.#listen()
    this.#describe('offer', 'stable')
  }

  answer(remote: RemoteTransport): void {
    this.#listen()
    this.#answered = true
    this.#native?.setRemoteDescription(bareSdp(remote), 'offer')
    this.#describe('answer', 'have-remote-offer')
  }

  /** Takes the browser's answer to our offer. Only the first one counts; the link dies when the library refuses it. */
  accept(remote: RemoteTransport): void {
    if (this.#answered) return
    this.#answered = true
    this.#acceptTimer = setTimeout(() => this.#acceptNow(remote), ACCEPT_AFTER_MS)
  }

  /** Our side, once the addresses are known. Throws when the link closed meanwhile. */
  async local(): Promise<LocalTransport> {
    let timer: NodeJS.Timeout | undefined
    const enough = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, GATHERING_MS)
    })
    await Promise.race([this.#gathered, enough])
    clearTimeout(timer)
    const sdp = this.#native?.localDescription()?.sdp
    if (!sdp) throw new Error('the connection is closed')
    return readLocal(sdp, this.#needs.publicAddress)
  }

  /** Hands a packet to the network. False when the link is not open or the library refuses the packet. */
  send(packet: Buffer): boolean {
    if (!this.isOpen || !this.#track?.isOpen()) return false
    const { counters } = this.#needs
    try {
      if (!this.#track.sendMessageBinary(packet)) return false
    } catch {
      counters.sendFailures++
      return false
    }
    counters.packetsOut++
    counters.bytesOut += packet.length
    return true
  }

  close(): void {
    const native = this.#native
    if (!native) return
    const track = this.#track
    this.#native = undefined
    this.#track = undefined
    this.isOpen = false
    clearTimeout(this.#acceptTimer)
    this.#gatheringEnded()
    this.#registry.closed(this)
    this.#needs.counters.links--
    for (const end of [() => track?.close(), () => native.close()]) this.#guarded(end)()
  }

  #acceptNow(remote: RemoteTransport): void {
    try {
      this.#native?.setRemoteDescription(bareSdp(remote), 'answer')
    } catch (error) {
      this.#needs.log.warn({ err: error }, 'the native library refused an answer')
      this.close()
      this.#guarded(() => this.#events.dead())()
    }
  }

  #listen(): void {
    const { counters } = this.#needs
    const native = this.#native
    const events = this.#events
    if (!native) return
    const died = this.#guarded(() => {
      if (!this.#native) return
      this.close()
      events.dead()
    })
    native.onStateChange((state) => {
      if (state === 'failed' || state === 'disconnected' || state === 'closed') died()
    })
    native.onGatheringStateChange((state) => {
      if (state === 'complete') this.#gatheringEnded()
    })
    const video = new Video('0', 'SendRecv')
    video.addVP8Codec(96)
    const track = native.addTrack(video)
    this.#track = track
    track.onOpen(
      this.#guarded(() => {
        if (!this.#native) return
        this.isOpen = true
        this.heardAt = performance.now()
        events.open()
      }),
    )
    track.onClosed(died)
    track.onError(() => undefined)
    track.onMessage(
      this.#guarded((packet: Buffer) => {
        if (!this.#native) return
        this.heardAt = performance.now()
        counters.packetsIn++
        counters.bytesIn += packet.length
        events.packet(packet)
      }),
    )
  }

  /** A failure inside a native callback would abort the process, so none may leave JavaScript. */
  #guarded<Args extends unknown[]>(run: (...args: Args) => void): (...args: Args) => void {
    return (...args) => {
      try {
        run(...args)
      } catch (error) {
        this.#needs.counters.callbackFailures++
        this.#needs.log.error({ err: error }, 'a callback of a media link failed')
      }
    }
  }

  /** The one call whose native failure cannot be caught: made in the right state only. */
  #describe(type: 'offer' | 'answer', from: string): void {
    if (!this.#native || !this.#track || this.#native.signalingState() !== from)
      throw new Error(`cannot make an ${type} now`)
    this.#native.setLocalDescription(type)
  }
}

const readLocal = (sdp: string, publicAddress: string): LocalTransport => {
  const must = (pattern: RegExp): string => {
    const found = pattern.exec(sdp)?.[1]
    if (found === undefined) throw new Error(`the library's description lacks ${pattern.source}`)
    return found
  }
  const candidates = [...sdp.matchAll(/^a=(candidate:.*)$/gm)].map(([, line = '']) => line.trim())
  return {
    ufrag: must(/a=ice-ufrag:(\S+)/),
    password: must(/a=ice-pwd:(\S+)/),
    fingerprint: must(/a=fingerprint:sha-256 (\S+)/i),
    setup: must(/a=setup:(\S+)/),
    candidates: announced(candidates, publicAddress),
  }
}

/** The candidates to tell: the public address in place of the host's own, when there is one. */
export const announced = (candidates: string[], publicAddress: string): string[] => {
  const host = candidates.find((line) => line.includes(' typ host'))
  if (!publicAddress || !host) return candidates
  const port = host.split(' ')[5] ?? '9'
  return [`candidate:1 1 UDP 2122260223 ${publicAddress} ${port} typ host`]
}
