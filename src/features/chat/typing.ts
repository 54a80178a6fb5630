import { deepSignal, type Shallow, shallow } from 'deepsignal'
import { TYPING_TTL_MS } from '../../../lib/protocol/limits.ts'
import type { Wire } from '../../platform/socket.ts'

export type TypingNeeds = { wire: Wire; me: () => string; now: () => number }

/** My notice is repeated this often while I type, in milliseconds. */
const REPEAT_MS = 3_000

/** Who is typing where. A notice is believed for six seconds, or until their message arrives. */
export const createTyping = ({ wire, me, now }: TypingNeeds) => {
  const state = deepSignal<{ byChannel: Shallow<Record<string, string[]>> }>({
    byChannel: shallow({}),
  })
  const timers = new Map<string, ReturnType<typeof setTimeout>>()
  const told = new Map<string, number>()

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
    typed(channelSlug: string) {
      if (now() - (told.get(channelSlug) ?? Number.NEGATIVE_INFINITY) < REPEAT_MS) return
      told.set(channelSlug, now())
      // A lost typing notice is not worth a word.
      void wire.request('chat.typing', { channelSlug }).catch(() => null)
    },
    /** My message is sent: the next key is told at once. */
    posted: (channelSlug: string) => told.delete(channelSlug),
    dispose() {
      for (const off of offs) off()
      for (const timer of timers.values()) clearTimeout(timer)
    },
  }
}
export type Typing = ReturnType<typeof createTyping>
