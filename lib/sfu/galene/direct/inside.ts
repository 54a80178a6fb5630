import { WebSocket } from 'ws'
import { CLOSE } from '../../../protocol/close-codes.ts'
import { MAX_SERVER_FRAME_BYTES, PROTOCOL_VERSION, WS_PATH } from '../wire/facts.ts'
import { type Frame, readFrame, stringsIn } from '../wire/frame.ts'
import type { OwnConnections, Told } from '../wire/own-connections.ts'
import { SERVICE_USERNAME } from '../wire/service-names.ts'
import type { Connecting } from '../wire/tls.ts'

/** Somebody or something in a group, as Galene names it. */
export type Guest = { id: string; username: string; permissions: readonly string[] }

export type EntryNeeds = {
  url: string
  group: string
  token: string
  connecting: Pick<Connecting, 'socketOptions'>
  own: OwnConnections
  /** What is said in the same breath as the join, before anybody there can put us out. */
  first: readonly Frame[]
}

/** Pyrite's own connection into a group of Galene, past the bridge. */
export type Inside = {
  /** Everybody there but connections of Pyrite's own, by client id, as of now. */
  guests: ReadonlyMap<string, Guest>
  isLocked: boolean
  say(message: Frame): void
  /** Resolves once all of these have left. Rejects where that takes too long, or the connection is lost. */
  gone(ids: readonly string[]): Promise<void>
  /** `came` is called for everybody who comes from now on, `left` with the client id of everybody who goes. */
  watch(came: (guest: Guest) => void, left: (id: string) => void): void
  /** Resolves when the connection is over, whoever ended it. */
  ended: Promise<void>
  leave(): void
}

/** For the way in, and for what is waited for inside. */
const ANSWER_MS = 4_000
/** Galene asks whoever is silent for a sign of life well before: after this, nobody is there, whatever the socket says. */
const SILENT_MS = 60_000
const ABSENT = 'group does not exist'

const isLockedIn = ({ status }: Frame): boolean =>
  typeof status === 'object' && status !== null && (status as Frame).locked === true

const readTold = ({ kind, id, username }: Frame): Told => ({ kind, id, username })

/** Who is there, as Galene tells it one by one, and whoever waits for news of it. */
const guestList = (isOwn: (frame: Frame) => boolean) => {
  const guests = new Map<string, Guest>()
  const waiting = new Set<() => void>()
  let came: (guest: Guest) => void = () => undefined
  let left: (id: string) => void = () => undefined
  return {
    guests,
    waiting,
    watch(...each: [typeof came, typeof left]) {
      ;[came, left] = each
    },
    learn(frame: Frame) {
      const { kind, id, username, permissions } = frame
      if (typeof id !== 'string' || isOwn(frame)) return
      if (kind === 'delete') {
        guests.delete(id)
        for (const look of waiting) look()
        left(id)
        return
      }
      const name = typeof username === 'string' ? username : ''
      const guest = { id, username: name, permissions: stringsIn(permissions) }
      const isNew = !guests.has(id)
      guests.set(id, guest)
      if (isNew) came(guest)
    },
  }
}

/** Waits until `isSo`, which is asked again at each word of somebody's leaving. */
const until = (isSo: () => boolean, waiting: Set<() => void>, ended: Promise<void>) =>
  new Promise<void>((done, fail) => {
    const look = () => {
      if (!isSo()) return
      settle()
      done()
    }
    const timer = setTimeout(() => settle(new Error('they did not leave')), ANSWER_MS)
    const settle = (error?: Error) => {
      clearTimeout(timer)
      waiting.delete(look)
      if (error) fail(error)
    }
    waiting.add(look)
    void ended.then(() => settle(new Error('the connection was lost')))
    look()
  })

/**
 * Goes into a group, and resolves when everybody there is known; to undefined where there is no such group. Rejects where Galene
 * does not let us in within four seconds.
 */
export const goInside = ({ url, group, token, connecting, own, first }: EntryNeeds) =>
  new Promise<Inside | undefined>((resolve, reject) => {
    const options = { perMessageDeflate: false, maxPayload: MAX_SERVER_FRAME_BYTES }
    const socket = new WebSocket(`${url}${WS_PATH}`, { ...connecting.socketOptions, ...options })
    const isOwn = own.filter()
    const id = own.begin()
    const { guests, waiting, watch, learn } = guestList((frame) => isOwn(readTold(frame), group))
    const ended = new Promise<void>((done) => socket.once('close', () => done()))
    void ended.then(() => own.ended(id))
    const leave = () =>
      socket.readyState === WebSocket.OPEN ? socket.close(CLOSE.normal) : socket.terminate()
    const fail = (error: Error) => {
      clearTimeout(timer)
      reject(error)
      socket.terminate()
    }
    const timer = setTimeout(() => fail(new Error('Galene does not answer')), ANSWER_MS)
    const quiet = setTimeout(() => socket.terminate(), SILENT_MS).unref()
    void ended.then(() => clearTimeout(quiet))
    const say = (message: Frame) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message))
    }
    const inside: Inside = {
      ...{ guests, isLocked: false, say, watch, ended, leave },
      gone: (ids) => until(() => !ids.some((id) => guests.has(id)), waiting, ended),
    }
    // Galene has told everybody who is there before it answers what was asked after the join, and before it puts us out.
    const allAreKnown = () => {
      clearTimeout(timer)
      resolve(inside)
    }
    const answers: Record<string, (frame: Frame) => void> = {
      user: learn,
      ping: () => say({ type: 'pong' }),
      joined(frame) {
        inside.isLocked = isLockedIn(frame)
        if (frame.kind === 'join') return say({ type: 'ping' })
        if (frame.kind !== 'fail') return
        if (frame.value !== ABSENT) return fail(new Error(String(frame.value)))
        clearTimeout(timer)
        resolve(undefined)
        leave()
      },
      pong: allAreKnown,
      usermessage: ({ kind }) => kind === 'kicked' && allAreKnown(),
    }
    socket.on('open', () => {
      say({ type: 'handshake', version: [PROTOCOL_VERSION], id })
      say({ type: 'join', kind: 'join', group, username: SERVICE_USERNAME, token, data: {} })
      first.forEach(say)
    })
    socket.on('message', (data) => {
      quiet.refresh()
      const frame = readFrame(String(data))
      answers[String(frame.type)]?.(frame)
    })
    socket.on('error', fail)
    socket.on('close', (code) => fail(new Error(`Galene closed with ${code}`)))
  })
