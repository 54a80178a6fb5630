/** The page of the media tests: the real carrier, driven by the test through `window.media`. Bundled by media-support.ts. */
import { createGaleneTransport } from '../../src/media/galene/index.ts'
import type {
  Call,
  CallStream,
  ConnectionState,
  Participant,
  Transfer,
} from '../../src/media/transport.ts'

type Seen = {
  states: ConnectionState[]
  participants: Participant[]
  streams: CallStream[]
  transfers: Transfer[]
  speaking: string[]
  notices: string[]
}

const seen: Seen = {
  states: [],
  participants: [],
  streams: [],
  transfers: [],
  speaking: [],
  notices: [],
}
const videos = new Map<string, HTMLVideoElement>()
const published: MediaStreamTrack[] = []
let call: Call | undefined

const show = (streams: CallStream[]) => {
  seen.streams = streams
  for (const { localId, stream, isMine } of streams) {
    if (videos.has(localId)) continue
    const video = document.createElement('video')
    video.autoplay = true
    video.muted = isMine
    video.srcObject = stream
    document.body.append(video)
    videos.set(localId, video)
  }
}

const media = async (wanted: MediaStreamConstraints): Promise<MediaStream> => {
  const stream = await navigator.mediaDevices.getUserMedia(wanted)
  published.push(...stream.getTracks())
  return stream
}

const screen = (): MediaStream => {
  const canvas = document.createElement('canvas')
  canvas.width = 800
  canvas.height = 600
  const context = canvas.getContext('2d')
  setInterval(() => {
    if (!context) return
    context.fillStyle = `hsl(${(performance.now() / 10) % 360} 80% 50%)`
    context.fillRect(0, 0, 800, 600)
  }, 50)
  const stream = canvas.captureStream(15)
  published.push(...stream.getTracks())
  return stream
}

const needCall = (): Call => {
  if (!call) throw new Error('not in a call')
  return call
}

const streamOf = (name: string, kind: string): CallStream => {
  const person = seen.participants.find(({ displayName }) => displayName === name)
  const found = seen.streams.find(
    (stream) => stream.participantId === person?.id && stream.kind === kind,
  )
  if (!found) throw new Error(`no ${kind} of ${name}`)
  return found
}

const loudness = (stream: MediaStream): Promise<number> =>
  new Promise((done) => {
    const context = new AudioContext()
    const analyser = context.createAnalyser()
    context.createMediaStreamSource(stream).connect(analyser)
    const samples = new Float32Array(analyser.fftSize)
    let energy = 0
    let looks = 0
    const timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples)
      energy += samples.reduce((sum, value) => sum + value * value, 0)
      looks += 1
      if (looks < 30) return
      clearInterval(timer)
      done(energy)
      void context.close()
    }, 50)
  })

const digest = async (data: Blob): Promise<string> => {
  const hash = await crypto.subtle.digest('SHA-256', await data.arrayBuffer())
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

const page = {
  async join(channelSlug: string, displayName: string, wanted: MediaStreamConstraints | null) {
    const camera = wanted ? await media(wanted) : undefined
    call = createGaleneTransport().join(
      { channelSlug, displayName, camera, muted: false },
      {
        state: (state) => seen.states.push(state),
        participants: (participants) => {
          seen.participants = participants
        },
        streams: show,
        transfers: (transfers) => {
          seen.transfers = transfers
        },
        speaking: (ids) => {
          seen.speaking = [...ids]
        },
        notice: (text) => seen.notices.push(text),
      },
    )
  },
  leave: () => needCall().leave(),
  record: (on: boolean) => needCall().setRecording(on),
  mute: (muted: boolean) => needCall().setMuted(muted),
  stopScreen: () => needCall().publishScreen(undefined),
  /** Closes what was open before, as the call's store does. */
  publish: async (wanted: MediaStreamConstraints | null) => {
    const before = published.splice(0)
    needCall().publishCamera(wanted ? await media(wanted) : undefined)
    needCall().setCameraOn(Boolean(wanted?.video))
    for (const track of before) track.stop()
  },
  shareScreen: () => needCall().publishScreen(screen()),
  state: () => seen.states.at(-1),
  states: () => seen.states.map(({ is }) => is),
  notices: () => seen.notices,
  participants: () => seen.participants,
  speaking: () =>
    seen.participants.filter(({ id }) => seen.speaking.includes(id)).map((p) => p.displayName),
  transfers: () =>
    seen.transfers.map(({ name, size, transferred, state, because, direction }) => ({
      name,
      size,
      transferred,
      state,
      because,
      direction,
    })),
  stream: (name: string, kind: string) => {
    const { localId, state, stream } = streamOf(name, kind)
    const video = videos.get(localId)
    return {
      localId,
      state,
      /** Sent by the server, and not ended here. */
      live: stream.getTracks().filter((track) => track.readyState === 'live').length,
      kinds: stream.getTracks().map((track) => track.kind),
      frames: video?.getVideoPlaybackQuality().totalVideoFrames ?? 0,
      width: video?.videoWidth ?? 0,
      height: video?.videoHeight ?? 0,
    }
  },
  streamCount: () => seen.streams.filter(({ isMine }) => !isMine).length,
  loudness: (name: string) => loudness(streamOf(name, 'camera').stream),
  liveTracks: () => published.filter(({ readyState }) => readyState === 'live').length,
  stats: () => needCall().stats(),
  async sendFile(to: string, name: string, size: number): Promise<string> {
    const bytes = new Uint8Array(size)
    for (let at = 0; at < size; at += 65_536)
      crypto.getRandomValues(bytes.subarray(at, Math.min(at + 65_536, size)))
    const file = new File([bytes], name)
    const person = seen.participants.find(({ displayName }) => displayName === to)
    needCall().sendFile(person?.id ?? '', file)
    return digest(file)
  },
  act: (name: string, action: 'accept' | 'refuse' | 'cancel') => {
    const transfer = seen.transfers.find((one) => one.name === name)
    const run = transfer?.[action]
    if (!run) throw new Error(`cannot ${action} ${name}`)
    run()
  },
  received: async (name: string): Promise<string> => {
    const blob = seen.transfers.find((one) => one.name === name)?.blob
    if (!blob) throw new Error(`${name} is not here`)
    return digest(blob)
  },
}

export type MediaPage = typeof page
declare global {
  interface Window {
    media: MediaPage
  }
}
window.media = page
