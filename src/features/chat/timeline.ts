import { deepSignal, type Shallow, shallow } from 'deepsignal'
import type { Changes, HistoryPage, Message } from '../../../lib/protocol/chat.ts'
import { isUnreached, sentenceOf } from '../../platform/request-error.ts'
import type { Wire } from '../../platform/socket.ts'
import { merged, withOlder } from './messages.ts'
import { createRevisions } from './revisions.ts'

export type TimelineState = {
  is: 'loading' | 'ready' | 'failed'
  /** Sorted by sequence. */
  messages: Shallow<readonly Message[]>
  /** Whether older ones are on the server. */
  hasMore: boolean
  older: 'idle' | 'loading' | 'failed'
  /** For people, when loading failed. */
  because: string
}

export type TimelineNeeds = { wire: Wire; channelSlug: string }

/** As many pages are loaded at most to reach one place: the 1,000 messages up to which unread ones are counted. */
const MOST_PAGES = 20

/** The messages of one channel as far as they are loaded: the newest page first, older ones when asked for. */
export const createTimeline = ({ wire, channelSlug }: TimelineNeeds) => {
  const state = deepSignal<TimelineState>({
    is: 'loading',
    messages: shallow([]),
    hasMore: false,
    older: 'idle',
    because: '',
  })
  let loading: Promise<void> | undefined

  const loadNewest = async () => {
    revisions.hold()
    if (state.is !== 'ready') state.is = 'loading'
    try {
      const page = await wire.request<HistoryPage>('chat.history', { channelSlug })
      state.messages = shallow(page.messages)
      state.hasMore = page.hasMore
      state.is = 'ready'
      revisions.startedAt(page.rev)
    } catch (error) {
      state.because = sentenceOf(error)
      // Without a connection it goes on loading: the next connect asks again.
      if (!isUnreached(error)) state.is = 'failed'
    }
  }
  const load = (): Promise<void> => {
    loading ??= loadNewest().finally(() => {
      loading = undefined
    })
    return loading
  }
  const revisions = createRevisions({
    ask: (since) => wire.request<Changes>('chat.since', { channelSlug, since }),
    show(news) {
      const next = merged(state.messages, news, state.hasMore)
      if (next !== state.messages) state.messages = shallow(next)
    },
    reload: load,
  })
  const loadOlder = async () => {
    const before = state.messages[0]?.seq
    if (before === undefined) return
    state.older = 'loading'
    try {
      const page = await wire.request<HistoryPage>('chat.history', { channelSlug, before })
      state.messages = shallow(withOlder(state.messages, page.messages))
      state.hasMore = page.hasMore
      state.older = 'idle'
    } catch {
      state.older = 'failed'
    }
  }
  void load()
  return {
    state,
    receive: revisions.receive,
    /** Loads the newest page again after a failure. */
    get retry() {
      return state.is === 'failed' ? load : undefined
    },
    /** Loads the page before the first message. Undefined while one is on its way or there is none. */
    get loadOlder() {
      return state.is === 'ready' && state.hasMore && state.older !== 'loading'
        ? loadOlder
        : undefined
    },
    /** Loads older pages until this sequence is there, or no more come. */
    async reach(seq: number): Promise<void> {
      const isThere = () => (state.messages[0]?.seq ?? 1) <= seq
      for (let pages = 0; pages < MOST_PAGES && !isThere(); pages += 1) await loadOlder()
    },
    /** The connection is back. `lastRev` is the channel's newest revision as the server told it. */
    resumed(lastRev: number): Promise<void> {
      if (revisions.isAt(lastRev)) return Promise.resolve()
      return state.is === 'ready' ? revisions.catchUp() : load()
    },
  }
}
export type Timeline = ReturnType<typeof createTimeline>
