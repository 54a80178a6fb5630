import { setTimeout as wait } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { DIALECTS, type Dialect, type DialectName } from './dialects.ts'
import { inTurns, type Spread, spreadOf } from './spread.ts'

/** One connection to make: who it is, where that is asked, and the room it hears. */
export type Seat = { cookie?: string; room: string }

type Talker = { socket: WebSocket; room: string; onDelivery: () => void; onAck: () => void }
type Crowd = { dialect: Dialect; talkers: Talker[] }

const crowds = new Map<string, Crowd>()
/** Of a message: 200 bytes, as in the aims. */
const TEXT = 'x'.repeat(200)
let lastId = 0

const connectOne = (url: string, dialect: Dialect, { cookie, room }: Seat) =>
  new Promise<Talker>((done, fail) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}${dialect.path(room)}`, {
      perMessageDeflate: false,
      skipUTF8Validation: true,
      headers: cookie ? { cookie, origin: url } : {},
    })
    const talker: Talker = { socket, room, onDelivery: () => undefined, onAck: () => undefined }
    socket.on('error', fail)
    socket.on('close', (code, reason) => fail(new Error(`closed with ${code} ${reason}`)))
    const hear = (data: Buffer) => {
      if (dialect.isDelivery(data)) talker.onDelivery()
      else if (dialect.acknowledges(data) > 0) talker.onAck()
      else dialect.keepUp(socket, data)
    }
    const greet = (data: Buffer) => {
      if (!dialect.greet(socket, data)) return
      socket.off('message', greet)
      socket.on('message', hear)
      done(talker)
    }
    socket.on('message', greet)
  })

/** Connects all seats and keeps them under `key`. */
export const openCrowd = async (key: string, url: string, name: DialectName, seats: Seat[]) => {
  const dialect = DIALECTS[name]
  const talkers: Talker[] = []
  await inTurns(seats.length, 32, async (index) => {
    const seat = seats[index]
    if (seat) talkers[index] = await connectOne(url, dialect, seat)
  })
  crowds.set(key, { dialect, talkers })
}

export const closeCrowd = (key: string) => {
  for (const { socket } of crowds.get(key)?.talkers ?? []) {
    socket.removeAllListeners()
    socket.on('error', () => undefined)
    socket.terminate()
  }
  crowds.delete(key)
}

const crowdOf = (key: string): Crowd => {
  const crowd = crowds.get(key)
  if (!crowd) throw new Error(`nobody is connected under ${key}`)
  return crowd
}

export type Relayed = { posts: number; deliveries: number; each: Spread; last: Spread }

/** The first of the crowd posts again as soon as everybody has the last message and it is acknowledged, for `ms`. */
export const relayPosts = async (key: string, ms: number): Promise<Relayed> => {
  const { dialect, talkers } = crowdOf(key)
  const [poster] = talkers
  if (!poster) throw new Error('nobody to post')
  const each: number[] = []
  const last: number[] = []
  const until = performance.now() + ms
  while (performance.now() < until) {
    await new Promise<void>((everybodyHasIt) => {
      const since = performance.now()
      let missing = talkers.length + 1
      const arrived = () => {
        missing -= 1
        if (missing === 0) everybodyHasIt()
      }
      const delivered = () => {
        each.push(performance.now() - since)
        arrived()
      }
      for (const talker of talkers) talker.onDelivery = delivered
      poster.onAck = arrived
      lastId += 1
      poster.socket.send(dialect.post(lastId, poster.room, TEXT))
    })
    last.push(each.at(-1) ?? Number.NaN)
  }
  return {
    posts: last.length,
    deliveries: each.length,
    each: spreadOf(each),
    last: spreadOf(last),
  }
}

/** The first `senders` post, each again as soon as its last post is acknowledged, for `ms`. */
export const collectAcks = async (
  key: string,
  senders: number,
  ms: number,
): Promise<Spread & { perSecond: number }> => {
  const { dialect, talkers } = crowdOf(key)
  const times: number[] = []
  let isOver = false
  const since = performance.now()
  const done = talkers.slice(0, senders).map(
    (talker) =>
      new Promise<void>((finished) => {
        let sentAt = 0
        const post = () => {
          lastId += 1
          sentAt = performance.now()
          talker.socket.send(dialect.post(lastId, talker.room, TEXT))
        }
        talker.onDelivery = () => undefined
        talker.onAck = () => {
          times.push(performance.now() - sentAt)
          if (isOver) finished()
          else post()
        }
        post()
      }),
  )
  await wait(ms)
  const perSecond = times.length / ((performance.now() - since) / 1_000)
  isOver = true
  await Promise.all(done)
  return { ...spreadOf(times), perSecond }
}
