import { deepSignal, type Shallow, shallow } from 'deepsignal'
import type { ModerationAct, ModerationLog } from '../../../lib/protocol/moderation.ts'
import { sentenceOf } from '../../platform/request-error.ts'
import type { Wire } from '../../platform/socket.ts'

export type LogState = {
  is: 'loading' | 'ready' | 'failed'
  /** Newest first. */
  acts: Shallow<readonly ModerationAct[]>
  hasMore: boolean
  older: 'idle' | 'loading' | 'failed'
  /** For people, when it failed. */
  because: string
}

const PAGE = 20

/** The channel's log as far as it is loaded, kept true while somebody looks. */
export const createModerationLog = ({ wire, channelSlug }: { wire: Wire; channelSlug: string }) => {
  const state = deepSignal<LogState>({
    is: 'loading',
    acts: shallow([]),
    hasMore: false,
    older: 'idle',
    because: '',
  })
  const ask = (before?: string) =>
    wire.request<ModerationLog>('moderation.log', {
      channelSlug,
      limit: PAGE,
      ...(before !== undefined && { before }),
    })
  /** What is known stays in its place; what is new is the newest. */
  const put = (act: ModerationAct) => {
    const isKnown = state.acts.some(({ id }) => id === act.id)
    const isOlder = state.hasMore && act.at < (state.acts.at(-1)?.at ?? '')
    if (isKnown) state.acts = shallow(state.acts.map((each) => (each.id === act.id ? act : each)))
    else if (!isOlder) {
      const next = [...state.acts, act].sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0))
      state.acts = shallow(next)
    }
  }
  const load = async () => {
    if (state.is === 'failed') state.is = 'loading'
    try {
      const { acts, hasMore } = await ask()
      state.acts = shallow(acts)
      state.hasMore = hasMore
      state.is = 'ready'
    } catch (error) {
      state.because = sentenceOf(error)
      state.is = 'failed'
    }
  }
  const loadOlder = async () => {
    const before = state.acts.at(-1)?.id
    if (before === undefined) return
    state.older = 'loading'
    try {
      const page = await ask(before)
      const known = new Set(state.acts.map(({ id }) => id))
      state.acts = shallow([...state.acts, ...page.acts.filter(({ id }) => !known.has(id))])
      state.hasMore = page.hasMore
      state.older = 'idle'
    } catch {
      state.older = 'failed'
    }
  }
  const offs = [
    wire.on('moderation.changed', (act) => {
      if (act.channelSlug === channelSlug && state.is === 'ready') put(act)
    }),
    wire.on('hello', () => void load()),
  ]
  void load()
  return {
    state,
    /** After a failure. */
    get retry() {
      return state.is === 'failed' ? () => void load() : undefined
    },
    /** Undefined while a page is on its way or there is none. */
    get loadOlder() {
      const isPossible = state.is === 'ready' && state.hasMore && state.older !== 'loading'
      return isPossible ? () => void loadOlder() : undefined
    },
    dispose() {
      for (const off of offs) off()
    },
  }
}
export type ModerationLogStore = ReturnType<typeof createModerationLog>
