import { deepSignal, type Shallow, shallow } from 'deepsignal'
import type { ChannelMember } from '../../../lib/protocol/channels.ts'
import { sentenceOf } from '../../platform/request-error.ts'
import type { Wire } from '../../platform/socket.ts'

export type MembersState = {
  is: 'loading' | 'ready' | 'failed'
  members: Shallow<ChannelMember[]>
  /** For people, when it failed. */
  because: string
}

type Answer = { members: ChannelMember[] }

/** Who is in one channel, kept true while somebody looks. */
export const createMembers = ({ wire, channelSlug }: { wire: Wire; channelSlug: string }) => {
  const state = deepSignal<MembersState>({ is: 'loading', members: shallow([]), because: '' })
  const without = (userId: string) => state.members.filter((member) => member.userId !== userId)
  const put = (member: ChannelMember) => {
    state.members = shallow([...without(member.userId), member])
  }
  const gone = (userId: string) => {
    state.members = shallow(without(userId))
  }
  const load = async () => {
    state.is = 'loading'
    try {
      const answer = await wire.request<Answer>('channels.members', { channelSlug })
      state.members = shallow(answer.members)
      state.is = 'ready'
    } catch (error) {
      state.because = sentenceOf(error)
      state.is = 'failed'
    }
  }
  const offs = [
    wire.on('channels.member', (news) => {
      if (news.channelSlug === channelSlug) put(news.member)
    }),
    wire.on('channels.member-left', (news) => {
      if (news.channelSlug === channelSlug) gone(news.userId)
    }),
  ]
  void load()
  return {
    state,
    put,
    gone,
    get retry() {
      return state.is === 'failed' ? load : undefined
    },
    dispose() {
      for (const off of offs) off()
    },
  }
}
export type Members = ReturnType<typeof createMembers>
