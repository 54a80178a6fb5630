import { deepSignal, type Shallow, shallow } from 'deepsignal'
import type { ChannelMember, ChannelRole } from '../../../lib/protocol/channels.ts'
import type {
  ModerationAct,
  ModerationKind,
  ModerationState,
  ModerationWish,
  Unlocked,
} from '../../../lib/protocol/moderation.ts'
import { isInForce } from '../../../lib/protocol/rights.ts'
import { RequestError } from '../../platform/request-error.ts'
import type { Wire } from '../../platform/socket.ts'

export type ModerationNeeds = {
  wire: Wire
  me: () => string
  now: () => Date
}

/** What somebody wants to do and is asked about: to one person, or to the channel. */
export type Asking = { channelSlug: string; kind: ModerationKind; userId: string | null }

/** What I know of my ban: how the server says it, or the act itself where I was there to hear of it. */
export type Ban = { message: string } | { act: ModerationAct }

type Roles = ReadonlyMap<string, ChannelRole>
export type ModerationView = {
  /** All that is or was in force and that I have heard of, by channel. */
  acts: Shallow<ReadonlyMap<string, readonly ModerationAct[]>>
  /** Who is in the channels that I manage. */
  roles: Shallow<ReadonlyMap<string, Roles>>
  /** Channels that I am banned from. */
  bans: Shallow<ReadonlyMap<string, Ban>>
  asking: Shallow<Asking> | undefined
  /** The newest request to stay muted that concerns me. */
  lastMute: Shallow<ModerationAct> | undefined
  /** Counts the moments at which something ran out. */
  ticks: number
}

const LONGEST_WAIT_MS = 600_000

const withEntry = <T>(map: ReadonlyMap<string, T>, key: string, value: T) =>
  shallow(new Map([...map, [key, value]]) as ReadonlyMap<string, T>)
const without = <T>(map: ReadonlyMap<string, T>, key: string) =>
  shallow(new Map([...map].filter(([each]) => each !== key)) as ReadonlyMap<string, T>)

const initialState = (): ModerationView => ({
  acts: shallow(new Map() as ReadonlyMap<string, readonly ModerationAct[]>),
  roles: shallow(new Map() as ReadonlyMap<string, Roles>),
  bans: shallow(new Map() as ReadonlyMap<string, Ban>),
  asking: undefined,
  lastMute: undefined,
  ticks: 0,
})

/** Draws again when the next act runs out, whether or not the server can be heard then. */
const wakeUp = (state: ModerationView, now: () => Date) => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const arm = () => {
    clearTimeout(timer)
    const at = now().toISOString()
    const held = [...state.acts.values()].flat().filter((act) => isInForce(act, at))
    const next = held.flatMap(({ until }) => (until === null ? [] : Date.parse(until)))
    if (next.length === 0) return
    const wait = Math.min(Math.max(0, Math.min(...next) - now().getTime()) + 50, LONGEST_WAIT_MS)
    timer = setTimeout(() => {
      state.ticks += 1
      arm()
    }, wait)
  }
  return { arm, stop: () => clearTimeout(timer) }
}

/** What the server told, put where it belongs. */
const heard = (state: ModerationView, arm: () => void) => ({
  act(act: ModerationAct) {
    const known = state.acts.get(act.channelSlug) ?? []
    const others = known.filter(({ id }) => id !== act.id)
    state.acts = withEntry(state.acts, act.channelSlug, [...others, act])
    arm()
  },
  acts(slug: string, acts: readonly ModerationAct[]) {
    state.acts = withEntry(state.acts, slug, acts)
    arm()
  },
  gone(slug: string) {
    state.acts = without(state.acts, slug)
    state.roles = without(state.roles, slug)
  },
  role(slug: string, userId: string, role: ChannelRole | undefined) {
    const roles = state.roles.get(slug)
    if (!roles) return
    const next = new Map([...roles].filter(([each]) => each !== userId))
    if (role) next.set(userId, role)
    state.roles = withEntry(state.roles, slug, next as Roles)
  },
})

const isBanned = (error: unknown): error is RequestError =>
  error instanceof RequestError && error.code === 'moderation.banned'

/** Asks the server how a channel stands. Rejects never: without an answer what is known stays, and the server refuses what may not be done. */
const loading = (wire: Wire, state: ModerationView, news: ReturnType<typeof heard>) => {
  const acts = async (slug: string) => {
    try {
      const body = { channelSlug: slug }
      news.acts(slug, (await wire.request<ModerationState>('moderation.state', body)).acts)
      state.bans = without(state.bans, slug)
    } catch (error) {
      if (!isBanned(error)) return
      const known = state.bans.get(slug)
      state.bans = withEntry(state.bans, slug, known ?? { message: error.message })
    }
  }
  const roles = async (slug: string) => {
    const body = { channelSlug: slug }
    const answer = await wire
      .request<{ members: ChannelMember[] }>('channels.members', body)
      // Without the list more is offered than can be done.
      .catch(() => undefined)
    if (!answer) return
    const roles: Roles = new Map(answer.members.map(({ userId, role }) => [userId, role]))
    state.roles = withEntry(state.roles, slug, roles)
  }
  const load = (slug: string, manages: boolean) => {
    void acts(slug)
    if (manages) void roles(slug)
  }
  return { acts: (slug: string) => void acts(slug), load }
}

/** What I do. Each rejects with the refusal. */
const moderationActions = (wire: Wire, news: ReturnType<typeof heard>) => ({
  async act(wish: ModerationWish): Promise<ModerationAct> {
    const act = await wire.request<ModerationAct>('moderation.act', wish)
    news.act(act)
    return act
  },
  /** Answers whether anything was locked. */
  async unlock(channelSlug: string): Promise<boolean> {
    return (await wire.request<Unlocked>('moderation.unlock', { channelSlug })).wasLocked
  },
  async end({ channelSlug, id }: ModerationAct): Promise<ModerationAct> {
    const act = await wire.request<ModerationAct>('moderation.end', { channelSlug, actId: id })
    news.act(act)
    return act
  },
})

/** What the ledger says in the channels somebody looks at, kept true, and what they do about it. */
export const createModerationStore = ({ wire, me, now: systemNow }: ModerationNeeds) => {
  const state = deepSignal<ModerationView>(initialState())
  /** The server decides when something is over, so its clock counts. Milliseconds. */
  let ahead = 0
  const now = () => new Date(systemNow().getTime() + ahead)
  const timer = wakeUp(state, now)
  const news = heard(state, timer.arm)
  const ask = loading(wire, state, news)
  /** Channels that are kept true; whether I manage them. */
  const watched = new Map<string, boolean>()

  const myBan = (act: ModerationAct) => {
    const holds = isInForce(act, now().toISOString())
    state.bans = holds
      ? withEntry(state.bans, act.channelSlug, { act })
      : without(state.bans, act.channelSlug)
  }
  /** Who asks everybody to stay muted does not mean themselves. */
  const concernsMe = ({ userId, byUserId }: ModerationAct) =>
    userId === me() || (userId === null && byUserId !== me())
  const changed = (act: ModerationAct) => {
    if (act.userId === me() && act.kind === 'ban') return myBan(act)
    if (act.kind === 'mute' && concernsMe(act)) state.lastMute = shallow(act)
    if (watched.has(act.channelSlug)) news.act(act)
  }
  const offs = [
    wire.on('hello', ({ serverTime }) => {
      ahead = Date.parse(serverTime) - systemNow().getTime()
    }),
    wire.on('moderation.changed', changed),
    wire.on('channels.member', (told) =>
      news.role(told.channelSlug, told.member.userId, told.member.role),
    ),
    wire.on('channels.member-left', (told) => news.role(told.channelSlug, told.userId, undefined)),
    wire.on('channels.changed', ({ slug }) => {
      if (state.bans.has(slug)) state.bans = without(state.bans, slug)
    }),
    wire.on('channels.gone', ({ channelSlug }) => {
      if (state.asking?.channelSlug === channelSlug) state.asking = undefined
      watched.delete(channelSlug)
      news.gone(channelSlug)
    }),
  ]
  return {
    state,
    now,
    ...moderationActions(wire, news),
    /** Loads a channel and keeps it true from now on; `manages`: who is in it too. */
    watch(slug: string, manages: boolean) {
      if (watched.get(slug) === manages) return
      watched.set(slug, manages)
      ask.load(slug, manages)
    },
    /** Asks why I am not in a channel that I could see. */
    look: ask.acts,
    /** The connection is back: everything that is kept true is asked again. */
    resumed() {
      for (const slug of state.bans.keys()) ask.acts(slug)
      for (const [slug, manages] of watched) ask.load(slug, manages)
    },
    /** What is in force in a channel now, as far as I may see. */
    actsIn(slug: string): readonly ModerationAct[] {
      const at = now().toISOString()
      const acts = state.ticks >= 0 ? state.acts.get(slug) : undefined
      return (acts ?? []).filter((act) => isInForce(act, at))
    },
    /** When I was taken out of a channel's call last, as far as I heard of it; '' for never. */
    kickedAt(slug: string): string {
      const mine = (state.acts.get(slug) ?? []).filter(
        ({ kind, userId }) => kind === 'kick' && userId === me(),
      )
      return mine.map(({ at }) => at).reduce((last, at) => (at > last ? at : last), '')
    },
    /** Opens the dialog that asks for a reason and a time, or closes it. */
    ask(asking: Asking | undefined) {
      state.asking = asking && shallow(asking)
    },
    dispose() {
      timer.stop()
      for (const off of offs) off()
    },
  }
}
export type ModerationStore = ReturnType<typeof createModerationStore>
