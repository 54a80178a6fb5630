import { z } from 'zod'
import { handle } from '../../platform/ws/dispatcher.ts'
import {
  ChangeChannel,
  CreateChannel,
  OneChannel,
  RemoveMember,
  SetMember,
} from '../../protocol/channels.ts'
import type { ChannelRules } from './channels.ts'

/** The channels.* messages a browser may send. */
export const channelsSocket = (channels: ChannelRules) => ({
  'channels.list': handle(z.unknown(), async ({ userId }) => ({
    channels: await channels.mine(userId),
    open: await channels.openTo(userId),
  })),
  'channels.get': handle(OneChannel, ({ userId }, body) => channels.get(userId, body.channelSlug)),
  'channels.create': handle(CreateChannel, ({ userId }, body) => channels.create(userId, body)),
  'channels.change': handle(ChangeChannel, async ({ userId }, body) => {
    await channels.change(userId, body)
    return channels.get(userId, body.channelSlug)
  }),
  'channels.join': handle(OneChannel, ({ userId }, body) =>
    channels.join(userId, body.channelSlug),
  ),
  'channels.leave': handle(OneChannel, async ({ userId }, body) => {
    await channels.leave(userId, body.channelSlug)
    return {}
  }),
  'channels.members': handle(OneChannel, async ({ userId }, body) => ({
    members: await channels.members(userId, body.channelSlug),
  })),
  'channels.set-member': handle(SetMember, ({ userId }, body) => channels.setMember(userId, body)),
  'channels.remove-member': handle(RemoveMember, async ({ userId }, body) => {
    await channels.removeMember(userId, body)
    return {}
  }),
})
