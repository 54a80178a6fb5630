import type {
  Channel,
  ChannelMember,
  ChannelRole,
  MyChannel,
} from '../../../lib/protocol/channels.ts'
import type { Wire } from '../../platform/socket.ts'

export type NewChannel = { name: string; slug?: string; topic: string; private: boolean }

type Lists = { put(channel: MyChannel): void; gone(slug: string): void }

/** What a person does with channels. Each rejects with the refusal and changes nothing then. */
export const channelActions = (wire: Wire, lists: Lists) => ({
  async create(channel: NewChannel): Promise<MyChannel> {
    const made = await wire.request<MyChannel>('channels.create', channel)
    lists.put(made)
    return made
  },
  async join(slug: string): Promise<void> {
    lists.put(await wire.request<MyChannel>('channels.join', { channelSlug: slug }))
  },
  async leave(slug: string): Promise<void> {
    await wire.request('channels.leave', { channelSlug: slug })
    lists.gone(slug)
  },
  async change(
    slug: string,
    change: { name?: string; topic?: string; recordable?: boolean },
  ): Promise<void> {
    await wire.request<Channel>('channels.change', { channelSlug: slug, ...change })
  },
  setMember: (slug: string, userId: string, role: ChannelRole) =>
    wire.request<ChannelMember>('channels.set-member', { channelSlug: slug, userId, role }),
  async removeMember(slug: string, userId: string): Promise<void> {
    await wire.request('channels.remove-member', { channelSlug: slug, userId })
  },
})
export type ChannelActions = ReturnType<typeof channelActions>
