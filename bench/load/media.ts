import { setTimeout as wait } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { type Peer, publishing, receiving } from './peer.ts'
import { packetWriter, signOfLife, writtenAt } from './rtp.ts'
import { type Spread, spreadOf } from './spread.ts'

/** 60 packets of these a second are 500 kbit/s. */
const PACKET_BYTES = 1_042
const FRAMES_PER_SECOND = 30
const ALIVE_MS = 1_000

type Message = {
  type: string
  kind?: string
  id?: string
  sdp?: string
  value?: unknown
  candidate?: { candidate: string }
}

/** Everybody in the calls of one server. */
type Stage = { people: Person[]; received: number; times: number[] | undefined }
type Person = {
  socket: WebSocket
  peers: Map<string, Peer>
  /** Sends one frame; nothing before the stream is up. */
  play(): void
  timer: NodeJS.Timeout
}

const stages = new Map<string, Stage>()
let lastSsrc = 1_000

const heard = (stage: Stage) => (packet: Buffer) => {
  const at = writtenAt(packet, PACKET_BYTES)
  if (at === undefined) return
  stage.received += 1
  stage.times?.push(performance.now() - at)
}

/** Joins a call and takes everything that is shown. */
const enter = (stage: Stage, url: string, group: string, token: string): Promise<Person> =>
  new Promise((done, fail) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, { perMessageDeflate: false })
    const send = (message: object) => socket.send(JSON.stringify(message))
    const peers = new Map<string, Peer>()
    const timer = setInterval(() => {
      for (const peer of peers.values()) peer.send(signOfLife)
    }, ALIVE_MS)
    const person: Person = { socket, peers, play: () => undefined, timer }
    const show = async ({ id = '', sdp = '' }: Message) => {
      const { peer, answer } = await receiving(sdp, heard(stage))
      peers.get(id)?.close()
      peers.set(id, peer)
      send({ type: 'answer', id, sdp: answer })
    }
    const handlers: Record<string, (message: Message) => unknown> = {
      ping: () => send({ type: 'pong' }),
      joined: ({ kind, value }) => {
        if (kind === 'fail') fail(new Error(String(value)))
        if (kind !== 'join') return
        send({ type: 'request', request: { '': ['video'] } })
        done(person)
      },
      offer: (message) => show(message).catch(fail),
      ice: ({ id = '', candidate }) => peers.get(id)?.candidate(candidate?.candidate ?? ''),
      close: ({ id = '' }) => {
        peers.get(id)?.close()
        peers.delete(id)
      },
    }
    socket.on('error', fail)
    socket.on('open', () => {
      send({ type: 'handshake', version: ['2'], id: `bench-${++lastSsrc}` })
      send({ type: 'join', kind: 'join', group, token, username: '' })
    })
    socket.on('message', (data) => {
      const message = JSON.parse(data.toString()) as Message
      handlers[message.type]?.(message)
    })
  })

/** Publishes a camera; resolves when media may flow. */
const publish = async (person: Person): Promise<void> => {
  const ssrc = ++lastSsrc
  const id = `camera-${ssrc}`
  const { peer, opened, offer, accept } = await publishing(ssrc)
  person.peers.set(id, peer)
  const answered = new Promise<void>((done, fail) => {
    const hear = (data: Buffer) => {
      const message = JSON.parse(data.toString()) as Message
      if (message.id !== id) return
      if (message.type === 'abort') fail(new Error('the stream was refused'))
      if (message.type !== 'answer') return
      accept(message.sdp ?? '')
      done()
    }
    person.socket.on('message', hear)
  })
  person.socket.send(JSON.stringify({ type: 'offer', id, label: 'camera', sdp: offer }))
  await answered
  await opened
  const write = packetWriter(ssrc, PACKET_BYTES)
  person.play = () => {
    peer.send(write(true))
    peer.send(write(false))
  }
}

const leave = ({ socket, peers, timer }: Person) => {
  clearInterval(timer)
  for (const peer of peers.values()) peer.close()
  socket.removeAllListeners()
  socket.on('error', () => undefined)
  socket.close()
}

const stageOf = (key: string): Stage => {
  const stage = stages.get(key)
  if (!stage) throw new Error(`no calls are open under ${key}`)
  return stage
}

/** Plays all cameras for `ms`, spread evenly over the time of a frame. Answers the frames sent. */
const play = async ({ people }: Stage, ms: number): Promise<number> => {
  const since = performance.now()
  const everyMs = 1_000 / (FRAMES_PER_SECOND * people.length)
  let made = 0
  const timer = setInterval(() => {
    for (; made * everyMs < performance.now() - since; made += 1) {
      people[made % people.length]?.play()
    }
  }, 1)
  await wait(ms)
  clearInterval(timer)
  return made
}

/** Fills calls with people who publish a camera and watch all the others; `calls` has the tokens of each. */
export const openCalls = async (
  key: string,
  url: string,
  calls: { group: string; tokens: string[] }[],
) => {
  const stage: Stage = { people: [], received: 0, times: undefined }
  stages.set(key, stage)
  for (const { group, tokens } of calls) {
    const people = await Promise.all(tokens.map((token) => enter(stage, url, group, token)))
    for (const person of people) await publish(person)
    stage.people.push(...people)
  }
}

/** Plays until `wanted` streams arrive, or for five seconds. Answers how many do. */
export const countStreams = async (key: string, wanted: number): Promise<number> => {
  const stage = stageOf(key)
  const until = performance.now() + 5_000
  for (;;) {
    const before = stage.received
    const frames = await play(stage, 250)
    await wait(50)
    // Each person's frame is two packets for each of the others in the call.
    const streams = ((stage.received - before) * stage.people.length) / (frames * 2)
    if (streams >= wanted * 0.98 || performance.now() > until) return Math.round(streams)
  }
}

/** Plays for `ms`. Answers the packets that arrived, and how long they were under way, in milliseconds. */
export const playCalls = async (key: string, ms: number): Promise<Spread & { sent: number }> => {
  const stage = stageOf(key)
  const times: number[] = []
  stage.times = times
  const frames = await play(stage, ms)
  await wait(100)
  stage.times = undefined
  return { ...spreadOf(times), sent: frames * 2 }
}

export const closeCalls = (key: string) => {
  for (const person of stages.get(key)?.people ?? []) leave(person)
  stages.delete(key)
}

/** Two people meet, see each other and leave. Answers the milliseconds until both had a frame. */
export const meetOnce = async (url: string, group: string, tokens: string[]): Promise<number> => {
  const since = performance.now()
  await openCalls('meeting', url, [{ group, tokens }])
  const stage = stageOf('meeting')
  while (stage.received < 4) {
    if (performance.now() - since > 10_000) throw new Error('no frame within 10 s')
    for (const person of stage.people) person.play()
    await wait(5)
  }
  const ms = performance.now() - since
  closeCalls('meeting')
  return ms
}
