import type { Message } from '../../../lib/protocol/chat.ts'
import type { Wire } from '../../platform/socket.ts'
import type { Storage } from '../../platform/storage.ts'
import { createOutbox, type Outbox } from './outbox.ts'
import { createTimeline, type Timeline } from './timeline.ts'
import { createTyping } from './typing.ts'

export type ChatNeeds = {
  wire: Wire
  storage: Storage
  me: () => string
  /** A message of mine became known by its acknowledgement. */
  onPosted: (message: Message) => void
  newId: () => string
  now: () => Date
}

/** One channel's messages: those the server has, and those of mine on their way there. */
export type Conversation = { timeline: Timeline; outbox: Outbox }

export const draftKey = (userId: string, channelSlug: string) => `draft:${userId}:${channelSlug}`

/** Everything about messages, channel by channel, made when a channel is first looked at. */
export const createChatStore = (needs: ChatNeeds) => {
  const { wire, storage, me, newId, now } = needs
  const conversations = new Map<string, Conversation>()
  const typing = createTyping({ wire, me, now: () => now().getTime() })

  const open = (channelSlug: string): Conversation => {
    const timeline = createTimeline({ wire, channelSlug })
    const onPosted = (message: Message) => {
      timeline.receive(message)
      needs.onPosted(message)
    }
    return { timeline, outbox: createOutbox({ wire, channelSlug, newId, now, onPosted }) }
  }
  const gone = (channelSlug: string) => {
    conversations.get(channelSlug)?.outbox.dispose()
    conversations.delete(channelSlug)
  }
  const offs = [
    wire.on('chat.message', (message) => {
      const conversation = conversations.get(message.channelSlug)
      conversation?.timeline.receive(message)
      if (message.authorId === me()) conversation?.outbox.settle(message.clientId)
    }),
    wire.on('channels.gone', ({ channelSlug }) => gone(channelSlug)),
  ]
  return {
    typing,
    conversation(channelSlug: string): Conversation {
      const known = conversations.get(channelSlug)
      if (known) return known
      const made = open(channelSlug)
      conversations.set(channelSlug, made)
      return made
    },
    /** Rejects with the refusal. */
    async edit({ channelSlug, id }: Message, text: string): Promise<void> {
      const body = { channelSlug, messageId: id, text }
      const message = await wire.request<Message>('chat.edit', body)
      conversations.get(channelSlug)?.timeline.receive(message)
    },
    /** Rejects with the refusal. */
    async remove({ channelSlug, id }: Message): Promise<void> {
      await wire.request<Message>('chat.delete', { channelSlug, messageId: id })
    },
    draft: (channelSlug: string): string => storage.read(draftKey(me(), channelSlug)) ?? '',
    keepDraft: (channelSlug: string, text: string) =>
      void storage.write(draftKey(me(), channelSlug), text),
    /** The connection is back: `channels` are mine now, with their newest revisions. */
    resumed(channels: readonly { slug: string; lastRev: number }[]) {
      const lastRevs = new Map(channels.map(({ slug, lastRev }) => [slug, lastRev]))
      for (const [slug, { timeline, outbox }] of [...conversations]) {
        const lastRev = lastRevs.get(slug)
        if (lastRev === undefined) gone(slug)
        else {
          void timeline.resumed(lastRev)
          outbox.resumed()
        }
      }
    },
    dispose() {
      for (const off of offs) off()
      typing.dispose()
      for (const slug of [...conversations.keys()]) gone(slug)
    },
  }
}
export type ChatStore = ReturnType<typeof createChatStore>
