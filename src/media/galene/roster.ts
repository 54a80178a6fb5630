import type { Participant } from '../transport.ts'
import { isRecord, type Message } from './messages.ts'

/** What our client says of itself in Galene's user data. `userId` and `displayName` beside it are the server's and can be believed. */
export type OwnData = {
  muted: boolean
  camera: boolean
  /** Labels of the streams on offer, so that others notice one that did not reach them. */
  publishing: string[]
  /** One call of one tab, over all its connections; of two with the same one the higher `attempt` is alive. */
  call: string
  attempt: number
}

type Member = {
  id: string
  username: string
  permissions: string[]
  data: Record<string, unknown>
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** The server names devices so, and nobody else can have such a name. */
const isDevice = ({ username, data }: Member): boolean =>
  username.endsWith(' (stream)') && !data.userId

/** Galene's recorder shows as a user; it is no participant. */
const isService = (member: Member): boolean => member.permissions.includes('system')

const attemptOf = (member: Member): number =>
  typeof member.data.attempt === 'number' ? member.data.attempt : 0

/** Who is in the group, by what `user` messages say. */
export class Roster {
  #members = new Map<string, Member>()

  /** Forgets everybody; a new connection hears all of them again. */
  clear(): void {
    this.#members = new Map()
  }

  /** Takes a `user` message. Unknown kinds and people are ignored. */
  handle(message: Message): void {
    const { id, kind } = message
    if (!id) return
    if (kind === 'delete') this.#members.delete(id)
    else if (kind === 'add' || kind === 'change')
      this.#members.set(id, {
        id,
        username: message.username ?? '',
        permissions: Array.isArray(message.permissions) ? message.permissions : [],
        data: isRecord(message.data) ? message.data : {},
      })
  }

  /** Everybody, in order of arrival; a connection that its own person has replaced is left out. */
  list(ownId: string, hasVideo: (id: string) => boolean): Participant[] {
    const newest = new Map<string, Member>()
    for (const member of this.#people()) {
      const key = text(member.data.call) || member.id
      const other = newest.get(key)
      if (!other || attemptOf(member) >= attemptOf(other)) newest.set(key, member)
    }
    return [...newest.values()].map((member) => ({
      id: member.id,
      userId: text(member.data.userId),
      displayName: text(member.data.displayName) || member.username || 'Someone',
      isMe: member.id === ownId,
      ...(isDevice(member) && { isDevice: true }),
      muted: member.data.muted === true,
      cameraOn: typeof member.data.camera === 'boolean' ? member.data.camera : hasVideo(member.id),
      canPresent: member.permissions.includes('present'),
      canRecord: member.permissions.includes('record'),
    }))
  }

  /** Connections in the group, the recorder not counted. */
  get size(): number {
    return this.#people().length
  }

  /** What stays the same when this participant comes back on another connection; '' for strangers. */
  personOf(id: string): string {
    const member = this.#members.get(id)
    if (!member) return ''
    return text(member.data.call) || text(member.data.userId) || member.username
  }

  /** Whether this participant's client says that its camera is on; false for clients that say nothing. */
  saysCameraIsOn(id: string): boolean {
    return this.#members.get(id)?.data.camera === true
  }

  /** How many streams of each other participant should reach me; undefined when only guessing is possible (another client that may present). */
  expected(ownId: string): Map<string, number | undefined> {
    const expected = new Map<string, number | undefined>()
    for (const { id, permissions, data } of this.#people()) {
      if (id === ownId) continue
      if (Array.isArray(data.publishing)) expected.set(id, data.publishing.length)
      else if (permissions.includes('present')) expected.set(id, undefined)
    }
    return expected
  }

  #people(): Member[] {
    return [...this.#members.values()].filter((member) => !isService(member))
  }
}
