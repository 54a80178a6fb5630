import { deepSignal, type Shallow, shallow } from 'deepsignal'
import type { CallCard, CallsPage } from '../../../lib/protocol/calls.ts'
import type { Wire } from '../../platform/socket.ts'

type CallLogState = {
  /** Those worth telling, oldest first. */
  calls: Shallow<readonly CallCard[]>
  /** Whether older ones are on the server. */
  hasMore: boolean
  isLoading: boolean
}

const byStart = (a: CallCard, b: CallCard) =>
  a.startedAt < b.startedAt ? -1 : Number(a.startedAt > b.startedAt)

/** Calls by id; of two states of one the newer stays. Brief ones are kept, so that nothing older brings them back. */
const newerOf = (held: ReadonlyMap<string, CallCard>, news: readonly CallCard[]) => {
  const next = new Map(held)
  for (const call of news) {
    const known = next.get(call.id)
    if (!known || known.rev < call.rev) next.set(call.id, call)
  }
  return next
}

/** What is held after a newest page: the page is the whole truth of its time from its oldest call on, and pushes since are newer. */
const afterNewest = (
  held: ReadonlyMap<string, CallCard>,
  { calls, hasMore, rev }: CallsPage,
): ReadonlyMap<string, CallCard> => {
  const onPage = new Set(calls.map(({ id }) => id))
  const reachesHeld = !hasMore || calls.some(({ id }) => held.has(id))
  const from = calls[0]?.startedAt ?? ''
  const stays = (call: CallCard) => {
    if (call.rev > rev || onPage.has(call.id)) return true
    return reachesHeld && hasMore && call.startedAt < from
  }
  const kept = [...held.values()].filter(stays)
  return newerOf(new Map(kept.map((call) => [call.id, call])), calls)
}

/** The calls of one channel as far as they are loaded. */
const createCallLog = (wire: Wire, channelSlug: string) => {
  const state = deepSignal<CallLogState>({ calls: shallow([]), hasMore: false, isLoading: true })
  let held: ReadonlyMap<string, CallCard> = new Map()
  const hold = (next: ReadonlyMap<string, CallCard>) => {
    held = next
    state.calls = shallow([...held.values()].filter(({ brief }) => !brief).sort(byStart))
  }
  const load = async () => {
    state.isLoading = true
    try {
      const page = await wire.request<CallsPage>('calls.history', { channelSlug })
      const before = state.calls[0]
      hold(afterNewest(held, page))
      // Where older ones are still held, what is known of still older ones holds too.
      if (state.calls[0]?.id !== before?.id || !before) state.hasMore = page.hasMore
    } catch {
      // The chat can be read without; the next connect asks again.
    }
    state.isLoading = false
  }
  const loadOlder = async () => {
    const before = state.calls[0]?.id
    state.isLoading = true
    try {
      const page = await wire.request<CallsPage>('calls.history', { channelSlug, before })
      hold(newerOf(held, page.calls))
      state.hasMore = page.hasMore
    } catch {
      // The same: whoever comes here again asks again.
    }
    state.isLoading = false
  }
  void load()
  return {
    state,
    receive: (call: CallCard) => hold(newerOf(held, [call])),
    get: (id: string): CallCard | undefined => state.calls.find((call) => call.id === id),
    /** Loads the page before the first call. Undefined while one is on its way or there is none. */
    get loadOlder() {
      return state.hasMore && !state.isLoading ? loadOlder : undefined
    },
    resumed: () => void load(),
  }
}

/** What calls there were in each channel, and the one that runs, kept true by pushes. Made when a channel is first looked at. */
export const createCallHistory = ({ wire }: { wire: Wire }) => {
  const logs = new Map<string, ReturnType<typeof createCallLog>>()
  const offs = [
    wire.on('calls.changed', (call) => logs.get(call.channelSlug)?.receive(call)),
    wire.on('channels.gone', ({ channelSlug }) => void logs.delete(channelSlug)),
  ]
  return {
    of(channelSlug: string) {
      const known = logs.get(channelSlug)
      if (known) return known
      const made = createCallLog(wire, channelSlug)
      logs.set(channelSlug, made)
      return made
    },
    /** The connection is back: `channels` are mine now. */
    resumed(channels: readonly { slug: string }[]) {
      const mine = new Set(channels.map(({ slug }) => slug))
      for (const [slug, log] of logs) {
        if (mine.has(slug)) log.resumed()
        else logs.delete(slug)
      }
    },
    dispose() {
      for (const off of offs) off()
      logs.clear()
    },
  }
}
export type CallHistoryStore = ReturnType<typeof createCallHistory>
