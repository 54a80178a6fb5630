import { deepSignal, type Shallow, shallow } from 'deepsignal'
import { TYPING_TTL_MS } from '../../../lib/protocol/limits.ts'
import type { Wire } from '../../platform/socket.ts'

export type TypingNeeds = { wire: Wire; me: () => string; now: () => number }

/** My notice is repeated this often while I type, in milliseconds. */
const REPEAT_MS = 3_000
/** The server passes on one notice a second; a little more, for notices that travel unevenly. Milliseconds. */
const SOONEST_MS = 1_200

/** Says when I type: at most every three seconds, and soon again after a message of mine. */
const createNotices = ({ wire, now }: Pick<TypingNeeds, 'wire' | 'now'>) => {
  const told = new Map<string, number>()
  /** By channel, when the next notice may be told after a message. */
  const posted = new Map<string, number>()
  const later = new Map<string, ReturnType<typeof setTimeout>>()
  const putOff = (channelSlug: string) => {
    clearTimeout(later.get(channelSlug))
    later.delete(channelSlug)
  }
  const tell = (channelSlug: string) => {
    putOff(channelSlug)
    posted.delete(channelSlug)
    told.set(channelSlug, now())
    // A lost typing notice is not worth a word.
    void wire.request('chat.typing', { channelSlug }).catch(() => null)
  }
  return {
    typed(channelSlug: string) {
      if (later.has(channelSlug)) return
      const last = told.get(channelSlug) ?? Number.NEGATIVE_INFINITY
      const dueAt = posted.get(channelSlug) ?? last + REPEAT_MS
      if (dueAt <= now()) tell(channelSlug)
      // One key may be all that is typed for a while, so it is not left to the next one.
      else if (posted.has(channelSlug))
        later.set(
          channelSlug,
          setTimeout(() => tell(channelSlug), dueAt - now()),
        )
    },
    posted(channelSlug: string) {
      putOff(channelSlug)
      const last = told.get(channelSlug)
      if (last !== undefined) posted.set(channelSlug, last + SOONEST_MS)
    },
    dispose() {
      for (const channelSlug of [...later.keys()]) putOff(channelSlug)
    },
  }
}

/** Who is typing where. A notice is believed for six seconds, or until their message arrives. */
export const createTyping = ({ wire, me, now }: TypingNeeds) => {
  const state = deepSignal<{ byChannel: Shallow<Record<string, string[]>> }>({
    byChannel: shallow({}),
  })
  const timers = new Map<string, ReturnType<typeof setTimeout>>()
  const notices = createNotices({ wire, now })

  const set = (channelSlug: string, change: (userIds: string[]) => string[]) => {
    const userIds = change(state.byChannel[channelSlug] ?? [])
    state.byChannel = shallow({ ...state.byChannel, [channelSlug]: userIds })
  }
  const stopped = (channelSlug: string, userId: string) => {
    const key = `${channelSlug} ${userId}`
    if (!timers.has(key)) return
    clearTimeout(timers.get(key))
    timers.delete(key)
    set(channelSlug, (userIds) => userIds.filter((id) => id !== userId))
  }
  const offs = [
    wire.on('chat.typing', ({ channelSlug, userId }) => {
      if (userId === me()) return
      stopped(channelSlug, userId)
      const stop = () => stopped(channelSlug, userId)
      timers.set(`${channelSlug} ${userId}`, setTimeout(stop, TYPING_TTL_MS))
      set(channelSlug, (userIds) => [...userIds, userId])
    }),
    wire.on('chat.message', ({ channelSlug, authorId }) => stopped(channelSlug, authorId)),
  ]
  return {
    of: (channelSlug: string): readonly string[] => state.byChannel[channelSlug] ?? [],
    /** I typed something. The others are told now and then. */
    typed: notices.typed,
    /** My message is sent: what I type next is told as soon as the server would pass it on. */
    posted: notices.posted,
    dispose() {
      for (const off of offs) off()
      for (const timer of timers.values()) clearTimeout(timer)
      notices.dispose()
    },
  }
}
export type Typing = ReturnType<typeof createTyping>
