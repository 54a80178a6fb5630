import { PeerConnection, Video } from 'node-datachannel'
import { WebSocket } from 'ws'

type Message = Record<string, unknown>

/** What a peer without a browser received: media packets, their bytes, and the age of each when it came, in milliseconds. */
export type Reception = { packets: number; bytes: number; agesMs: number[] }

export type NativePeerOptions = { url: string; id: string; group: string; token: string }

const PACKET_BYTES = 1_100
const CLOCK_RATE = 90_000
const LOOPBACK = '127.0.0.1'

/** Milliseconds on a clock that processes of one machine share. */
const now = (): number => performance.timeOrigin + performance.now()

const newConnection = (name: string) =>
  new PeerConnection(name, {
    iceServers: [],
    bindAddress: LOOPBACK,
    disableAutoNegotiation: true,
    forceMediaTransport: true,
  })

/** Resolves to the description with its candidates. */
const described = (connection: PeerConnection, type: 'offer' | 'answer'): Promise<string> =>
  new Promise((resolve) => {
    connection.onGatheringStateChange((state) => {
      if (state === 'complete') resolve(connection.localDescription()?.sdp ?? '')
    })
    connection.setLocalDescription(type)
  })

/** A made-up video packet that carries its time of birth. */
const packetOf = (ssrc: number, sequence: number, timestamp: number): Buffer => {
  const packet = Buffer.alloc(PACKET_BYTES)
  packet[0] = 0x80
  packet[1] = 96
  packet.writeUInt16BE(sequence & 0xffff, 2)
  packet.writeUInt32BE(timestamp >>> 0, 4)
  packet.writeUInt32BE(ssrc, 8)
  // A VP8 payload descriptor, and the first byte of a key frame.
  packet[12] = 0x10
  packet.writeDoubleBE(now(), 16)
  return packet
}

/**
 * Somebody in a call without a browser, for load: speaks Galene's protocol, publishes made-up video, and subscribes to everything.
 * Takes no answer about who may join: a failed join rejects.
 */
export const joinNatively = async ({ url, id, group, token }: NativePeerOptions) => {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`)
  const connections = new Map<string, PeerConnection>()
  const timers = new Set<NodeJS.Timeout>()
  const reception: Reception = { packets: 0, bytes: 0, agesMs: [] }
  const send = (message: Message) => socket.send(JSON.stringify(message))

  const received = (packet: Buffer) => {
    if (packet.length < 24 || (packet[1] ?? 0) >= 192) return
    reception.packets++
    reception.bytes += packet.length
    reception.agesMs.push(now() - packet.readDoubleBE(16))
  }
  const play = async ({ id: streamId, sdp }: Message) => {
    const key = String(streamId)
    connections.get(key)?.close()
    const connection = newConnection(key)
    connections.set(key, connection)
    connection.onTrack((track) => {
      tracks.add(track)
      track.onMessage(received)
    })
    connection.setRemoteDescription(String(sdp), 'offer')
    send({ type: 'answer', id: key, sdp: await described(connection, 'answer') })
  }
  // Without a reference here, a track would be collected as garbage.
  const tracks = new Set<unknown>()

  const joined = new Promise<void>((resolve, reject) => {
    const handle: Record<string, (message: Message) => void> = {
      ping: () => send({ type: 'pong' }),
      offer: (message) => void play(message).catch(reject),
      answer: ({ id: streamId, sdp }) =>
        connections.get(String(streamId))?.setRemoteDescription(String(sdp), 'answer'),
      joined: ({ kind, value }) => (kind === 'fail' ? reject(new Error(String(value))) : resolve()),
    }
    socket.on('error', reject)
    socket.on('message', (frame) => {
      const message: Message = JSON.parse(String(frame))
      handle[String(message.type)]?.(message)
    })
  })
  await new Promise((resolve) => socket.once('open', resolve))
  send({ type: 'handshake', version: ['2'], id })
  send({ type: 'join', kind: 'join', group, token })
  await joined

  return {
    reception,
    /** Subscribes to every stream of the others. */
    subscribe: () => send({ type: 'request', request: { '': ['audio', 'video'] } }),
    /** Publishes one stream of about so many bits per second, until `leave`. */
    publish: async (streamId: string, ssrc: number, bitsPerSecond: number) => {
      const connection = newConnection(streamId)
      connections.set(streamId, connection)
      const video = new Video('0', 'SendOnly')
      video.addVP8Codec(96)
      video.addSSRC(ssrc, streamId, streamId, `${streamId}-video`)
      const track = connection.addTrack(video)
      tracks.add(track)
      const sdp = await described(connection, 'offer')
      send({ type: 'offer', id: streamId, label: 'camera', sdp })
      const everyMs = (PACKET_BYTES * 8_000) / bitsPerSecond
      const start = now()
      let sequence = 0
      const timer = setInterval(() => {
        if (!track.isOpen()) return
        for (; sequence * everyMs < now() - start; sequence++)
          track.sendMessageBinary(
            packetOf(ssrc, sequence, Math.floor(((now() - start) * CLOCK_RATE) / 1_000)),
          )
      }, 5)
      timers.add(timer)
    },
    leave: () => {
      for (const timer of timers) clearInterval(timer)
      for (const connection of connections.values()) connection.close()
      socket.close()
    },
  }
}
export type NativePeer = Awaited<ReturnType<typeof joinNatively>>
