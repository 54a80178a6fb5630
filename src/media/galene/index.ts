import { newId } from '../../platform/ids.ts'
import { systemClock } from '../clock.ts'
import type { Transport } from '../transport.ts'
import { GaleneCall } from './call.ts'
import { openSink } from './file-sink.ts'

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
        newId,
        openSocket: () => new WebSocket(options.url ?? ownBridge()),
        // One path for sound and picture: both servers bundle, and half the candidates go over the wire.
        newPeer: (configuration) =>
          new RTCPeerConnection({ ...configuration, bundlePolicy: 'max-bundle' }),
        openSink,
        username: options.username,
        canSimulcast: !navigator.userAgent.includes('Firefox'),
      },
      join,
      events,
    ),
})
