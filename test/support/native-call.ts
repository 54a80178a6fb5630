import { type Peer, publishing, receiving } from '../../bench/load/peer.ts'
import { packetWriter, signOfLife, writtenAt } from '../../bench/load/rtp.ts'
import { eventually } from './eventually.ts'
import type { Connection, Json } from './sfu.ts'

const PACKET_BYTES = 300
const FRAME_MS = 20
const ALIVE_MS = 1_000
const SSRC = 4_711

const answerPings = ({ socket, send }: Connection) =>
  socket.on('message', (frame) => {
    if (String(frame).includes('"type":"ping"')) send({ type: 'pong' })
  })

/** Calls `hear` with every message of one type from now on. */
const on = ({ socket }: Connection, type: string, hear: (message: Json) => void) =>
  socket.on('message', (frame) => {
    const message = JSON.parse(String(frame)) as Json
    if (message.type === type) hear(message)
  })

const takeCandidates = (who: Connection, peerOf: (id: string) => Peer | undefined) =>
  on(who, 'ice', ({ id, candidate }) => {
    const line = (candidate as { candidate?: string } | undefined)?.candidate
    peerOf(String(id))?.candidate(line ?? '')
  })

const watch = (watcher: Connection, heard: (packet: Buffer) => void) => {
  const peers = new Map<string, Peer>()
  const end = (id: string) => {
    peers.get(id)?.close()
    peers.delete(id)
  }
  const take = async ({ id, sdp }: Json) => {
    const { peer, answer } = await receiving(String(sdp), heard)
    end(String(id))
    peers.set(String(id), peer)
    watcher.send({ type: 'answer', id, sdp: answer })
  }
  // What a stranger in the call shows is none of our business.
  on(watcher, 'offer', (message) => void (message.username === 'alice' && take(message)))
  on(watcher, 'close', ({ id }) => end(String(id)))
  takeCandidates(watcher, (id) => peers.get(id))
  watcher.send({ type: 'request', request: { '': ['video'] } })
  return peers
}

const publish = async (publisher: Connection): Promise<Peer> => {
  const id = 'camera-of-alice'
  const { peer, opened, offer, accept } = await publishing(SSRC)
  takeCandidates(publisher, () => peer)
  publisher.send({ type: 'offer', id, label: 'camera', sdp: offer })
  const { sdp } = await publisher.hears({ type: 'answer', id }, 10_000)
  accept(String(sdp))
  await opened
  return peer
}

/**
 * Real media between two who are in a call: alice's connection publishes a camera from now on, and the other's receives it. Resolves
 * when it flows. Both connections answer pings.
 */
export const startMedia = async (publisher: Connection, watcher: Connection) => {
  const count = { sent: 0, received: 0 }
  for (const who of [publisher, watcher]) answerPings(who)
  const peers = watch(watcher, (packet) => {
    if (writtenAt(packet, PACKET_BYTES) !== undefined) count.received += 1
  })
  const camera = await publish(publisher)
  const write = packetWriter(SSRC, PACKET_BYTES)
  const timers = [
    setInterval(() => {
      camera.send(write(true))
      camera.send(write(false))
      count.sent += 2
    }, FRAME_MS),
    setInterval(() => {
      for (const peer of [camera, ...peers.values()]) peer.send(signOfLife)
    }, ALIVE_MS),
  ]
  const flows = async (withinMs = 10_000) => {
    const before = count.received
    await eventually(() => {
      if (count.received < before + 20) throw new Error('no media arrives')
    }, withinMs)
  }
  await flows()
  return {
    /** Packets so far, since media flowed first. */
    count: (() => {
      const since = { ...count }
      return () => ({
        sent: count.sent - since.sent,
        received: count.received - since.received,
      })
    })(),
    /** Waits until more of it arrives. */
    flows,
    stop() {
      for (const timer of timers) clearInterval(timer)
      for (const peer of [camera, ...peers.values()]) peer.close()
    },
  }
}
export type Media = Awaited<ReturnType<typeof startMedia>>
