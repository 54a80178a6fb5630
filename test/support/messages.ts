import type { MyChannel } from '../../lib/protocol/channels.ts'
import type { Message } from '../../lib/protocol/chat.ts'

/** A message as the server stores it; its first revision is its sequence unless said otherwise. */
export const message = (seq: number, more: Partial<Message> = {}): Message => ({
  id: `m${seq}`,
  channelSlug: 'garden',
  seq,
  rev: seq,
  authorId: 'bob',
  clientId: `client-${seq}`,
  kind: 'text',
  text: `text ${seq}`,
  postedAt: new Date(Date.UTC(2026, 10, 19, 9, 0) + seq * 1000).toISOString(),
  editedAt: null,
  deletedAt: null,
  ...more,
})

export const messages = (from: number, to: number): Message[] =>
  Array.from({ length: to - from + 1 }, (_, at) => message(from + at))

export const myChannel = (slug: string, more: Partial<MyChannel> = {}): MyChannel => ({
  slug,
  name: slug,
  topic: '',
  private: false,
  createdAt: '2026-11-19T09:00:00.000Z',
  archived: false,
  recordable: false,
  role: 'member',
  lastSeq: 0,
  lastRev: 0,
  readSeq: 0,
  unread: 0,
  memberCount: 2,
  call: [],
  ...more,
})
