import { systemClock } from '../clock.ts'
import type { Transport } from '../transport.ts'
import { GaleneCall } from './call.ts'
import { openSink } from './file-sink.ts'
import { newGaleneId } from './messages.ts'

export type GaleneTransportOptions = {
  /** Where the protocol is spoken; the page's own `/sfu` when left out. */
  url?: string
  /** Only without Pyrite in between, which knows who I am. */
  username?: string
}

const ownBridge = (): string => {
  const url = new URL('/sfu', location.href)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  return url.href
}

/** Carries calls over Galene's protocol version 2. */
export const createGaleneTransport = (options: GaleneTransportOptions = {}): Transport => ({
  join: (join, events) =>
    new GaleneCall(
      {
        clock: systemClock,
        random: Math.random,
        newId: newGaleneId,
        openSocket: () => new WebSocket(options.url ?? ownBridge()),
        newPeer: (configuration) => new RTCPeerConnection(configuration),
        openSink,
        username: options.username,
        canSimulcast: !navigator.userAgent.includes('Firefox'),
      },
      join,
      events,
    ),
})
