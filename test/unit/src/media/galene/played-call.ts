import { GaleneCall } from '../../../../../src/media/galene/call.ts'
import { memorySink } from '../../../../../src/media/galene/file-sink.ts'
import {
  createClock,
  createEar,
  FakePeer,
  FakeSocket,
  FakeStream,
  FakeTrack,
  settle,
} from '../fakes.ts'

/** A stream of tracks of these kinds. */
export const stream = (...kinds: string[]) =>
  new FakeStream(kinds.map((kind) => new FakeTrack(kind))) as unknown as MediaStream

/** A call over sockets and peers that the test plays. */
export const start = (camera?: MediaStream) => {
  const time = createClock()
  const sockets: FakeSocket[] = []
  const peers: FakePeer[] = []
  const { heard, events } = createEar()
  let ids = 0
  const call = new GaleneCall(
    {
      clock: time.clock,
      random: () => 1,
      newId: () => `id-${++ids}`,
      openSocket: () => {
        sockets.push(new FakeSocket())
        return sockets.at(-1) as unknown as WebSocket
      },
      newPeer: () => {
        peers.push(new FakePeer())
        return peers.at(-1) as unknown as RTCPeerConnection
      },
      openSink: async () => memorySink(),
      canSimulcast: true,
    },
    { channelSlug: 'general', displayName: 'Alice', camera, muted: false },
    events,
  )
  const socket = (): FakeSocket => sockets.at(-1) ?? new FakeSocket()
  const greet = () => {
    socket().open()
    socket().say({ type: 'handshake', version: ['2'] })
  }
  const ownId = () => socket().of('handshake')[0]?.id ?? ''
  const letIn = async (permissions = ['present', 'message']) => {
    greet()
    const about = { group: 'general', username: 'alice', permissions }
    socket().say({ type: 'joined', kind: 'join', ...about, rtcConfiguration: {} })
    socket().say({ type: 'user', kind: 'add', id: ownId(), username: 'alice', permissions })
    await settle()
  }
  const arrives = (id: string, data: Record<string, unknown> = {}) =>
    socket().say({ type: 'user', kind: 'add', id, username: id, permissions: ['present'], data })
  return { call, time, sockets, socket, peers, heard, greet, letIn, ownId, arrives }
}
