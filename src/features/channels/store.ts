import { deepSignal, type Shallow, shallow } from 'deepsignal'
import type { CallParticipant, Channel, MyChannel } from '../../../lib/protocol/channels.ts'
import type { Message, ReadPosition } from '../../../lib/protocol/chat.ts'
import type { SfuStatus } from '../../../lib/protocol/workspace.ts'
import type { Wire } from '../../platform/socket.ts'
import { type ChannelActions, channelActions } from './actions.ts'

export type ChannelsState = {
  /** False until the server told the list for the first time. */
  loaded: boolean
  mine: Shallow<MyChannel[]>
  /** Channels I could join. */
  open: Shallow<Channel[]>
}

export type ChannelsNeeds = { wire: Wire; me: () => string }

const byName = (a: Channel, b: Channel) => a.name.localeCompare(b.name)
const without = <T extends Channel>(list: T[], slug: string) =>
  list.filter((channel) => channel.slug !== slug)

/** The lists and what changes them, kept apart from what a person may do. */
const channelLists = (state: ChannelsState) => ({
  change(slug: string, change: (channel: MyChannel) => Partial<MyChannel>) {
    if (!state.mine.some((channel) => channel.slug === slug)) return
    const next = state.mine.map((c) => (c.slug === slug ? { ...c, ...change(c) } : c))
    state.mine = shallow(next)
  },
  put(channel: MyChannel) {
    state.mine = shallow([...without(state.mine, channel.slug), channel].sort(byName))
    state.open = shallow(without(state.open, channel.slug))
  },
  gone(slug: string) {
    state.mine = shallow(without(state.mine, slug))
  },
  offer(channel: Channel) {
    state.open = shallow([...without(state.open, channel.slug), channel].sort(byName))
  },
})

/** The channels I am in, the ones I could join, how much I have not read, and who is in each call. */
export const createChannelsStore = ({ wire, me }: ChannelsNeeds) => {
  const state = deepSignal<ChannelsState>({ loaded: false, mine: shallow([]), open: shallow([]) })
  const lists = channelLists(state)
  const posted = ({ channelSlug, seq, authorId }: Message) =>
    lists.change(channelSlug, (channel) => {
      if (seq <= channel.lastSeq) return {}
      // Posting reads: my own message moves my read position [CHAT-14].
      if (authorId === me()) return { lastSeq: seq, readSeq: seq, unread: 0 }
      return { lastSeq: seq, unread: channel.unread + 1 }
    })
  /** A message that goes unread for good does not count any more [CH-14]. */
  const deleted = ({ channelSlug, seq, authorId }: Message) =>
    lists.change(channelSlug, ({ readSeq, unread }) =>
      authorId === me() || seq <= readSeq ? {} : { unread: Math.max(0, unread - 1) },
    )
  const heard = (message: Message) => (message.deletedAt ? deleted : posted)(message)
  const read = ({ channelSlug, readSeq, unread }: ReadPosition) =>
    lists.change(channelSlug, (channel) => (readSeq < channel.readSeq ? {} : { readSeq, unread }))
  const inCall = (slug: string, call: CallParticipant[]) => lists.change(slug, () => ({ call }))
  const callStands = (slug: string, { recording, recordingBy, devices }: SfuStatus) =>
    lists.change(slug, () => ({
      devices,
      recording: recording ? { by: recordingBy } : undefined,
    }))
  const offs = [
    wire.on('chat.message', heard),
    wire.on('chat.read', read),
    wire.on('channels.changed', lists.put),
    wire.on('channels.gone', ({ channelSlug }) => lists.gone(channelSlug)),
    wire.on('channels.opened', lists.offer),
    wire.on('calls.participants', (news) => inCall(news.channelSlug, news.participants)),
    wire.on('calls.status', (news) => callStands(news.channelSlug, news.status)),
  ]
  const actions: ChannelActions = channelActions(wire, lists)

  return {
    state,
    ...actions,
    /** The whole truth, as the server told it at a connect. */
    loaded(mine: MyChannel[], open: Channel[]) {
      state.mine = shallow([...mine].sort(byName))
      state.open = shallow([...open].sort(byName))
      state.loaded = true
    },
    get: (slug: string): MyChannel | undefined =>
      state.mine.find((channel) => channel.slug === slug),
    /** A message became known by another way than a push (the answer to my own post). */
    posted,
    /** Unread messages in all my channels. */
    get unread(): number {
      return state.mine.reduce((sum, channel) => sum + channel.unread, 0)
    },
    /** Moves my read position forward, here at once and on the server as soon as it can be told. */
    markRead(slug: string, seq: number) {
      const channel = state.mine.find((mine) => mine.slug === slug)
      if (!channel || (seq <= channel.readSeq && channel.unread === 0)) return
      read({ channelSlug: slug, readSeq: Math.max(seq, channel.readSeq), unread: 0 })
      // Lost news is told again: the position is sent anew whenever the channel is looked at after a connect.
      void wire
        .request<ReadPosition>('chat.read', { channelSlug: slug, seq })
        .then(read, () => null)
    },
    dispose() {
      for (const off of offs) off()
    },
  }
}
export type ChannelsStore = ReturnType<typeof createChannelsStore>
