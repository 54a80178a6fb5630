import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { MyChannel } from '../../../lib/protocol/channels.ts'
import type { Message } from '../../../lib/protocol/chat.ts'
import type { User } from '../../../lib/protocol/users.ts'
import { sentenceOf } from '../../platform/request-error.ts'
import { Button } from '../../ui/Button.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { Failure } from '../../ui/Field.tsx'
import type { ChannelsStore } from '../channels/index.ts'
import type { PresenceStore } from '../presence/index.ts'
import { Announcer } from './Announcer.tsx'
import type { Beside } from './beside.ts'
import { Composer } from './Composer.tsx'
import type { ReadCommand } from './commands.ts'
import { MessageList } from './MessageList.tsx'
import type { MessageActions } from './MessageRow.tsx'
import type { ChatStore, Conversation } from './store.ts'
import { TypingLine } from './TypingLine.tsx'

export type ChatViewProps = {
  chat: ChatStore
  channels: ChannelsStore
  channel: MyChannel
  people: PresenceStore
  me: User
  /** What stands between the messages. */
  beside?: Beside
  /** Why I may not write now although my role allows it; undefined when I may. */
  closed?: string | undefined
  readCommand?: ReadCommand
  /** What else can be done with the author of a message. */
  menuFor?: (userId: string) => ComponentChildren
  /** Above the box to write in. */
  children?: ComponentChildren
}

const ConfirmDelete = (props: { remove: () => Promise<void>; onClose: () => void }) => {
  const [failure, setFailure] = useState<string>()
  const [isBusy, setBusy] = useState(false)
  const remove = async () => {
    setBusy(true)
    setFailure(undefined)
    await props.remove().then(props.onClose, (error: unknown) => setFailure(sentenceOf(error)))
    setBusy(false)
  }
  return (
    <Dialog title="Delete this message?" onClose={props.onClose}>
      <p>Its text is removed for everybody. This cannot be undone.</p>
      <Failure>{failure}</Failure>
      <footer class="form-end">
        <Button kind="plain" onClick={props.onClose}>
          Cancel
        </Button>
        <Button kind="danger" busy={isBusy} onClick={() => void remove()}>
          Delete
        </Button>
      </footer>
    </Dialog>
  )
}

/** Tells the server what I have read: what is in view while the page is looked at. The New line stays where it was on the way in. */
const useReading = (channels: ChannelsStore, channel: MyChannel, isAtEnd: boolean) => {
  const [newAfter, setNewAfter] = useState(channel.unread > 0 ? channel.readSeq : undefined)
  const latest = useRef(channel)
  latest.current = channel
  const read = () => {
    if (isAtEnd && !document.hidden) channels.markRead(channel.slug, latest.current.lastSeq)
  }
  useEffect(read, [isAtEnd, channel.lastSeq, channel.unread])
  useEffect(() => {
    const onVisibility = () => {
      const { unread, readSeq } = latest.current
      if (!document.hidden && unread > 0) setNewAfter(readSeq)
      read()
    }
    document.addEventListener('visibilitychange', onVisibility)
    return () => document.removeEventListener('visibilitychange', onVisibility)
  })
  return newAfter
}

const lastOfMine = ({ timeline }: Conversation, me: string): Message | undefined =>
  timeline.state.messages.findLast(({ authorId, deletedAt }) => authorId === me && !deletedAt)

/** One channel's messages and the box to write in. Made anew for each channel (give it the slug as key). */
export const ChatView = (props: ChatViewProps) => {
  const { chat, channels, channel, people, me, closed } = props
  const conversation = chat.conversation(channel.slug)
  const [editing, setEditing] = useState<string>()
  const [removing, setRemoving] = useState<Message>()
  const [isAtEnd, setAtEnd] = useState(false)
  const newAfter = useReading(channels, channel, isAtEnd)
  const mayWrite = channel.role !== 'listener' && !channel.archived && closed === undefined
  const mayRemoveAny = channel.role === 'moderator' || me.role === 'admin'

  const actionsOf = (message: Message): MessageActions => {
    const isMine = message.authorId === me.id
    return {
      edit: isMine && mayWrite ? () => setEditing(message.id) : undefined,
      remove: isMine || mayRemoveAny ? () => setRemoving(message) : undefined,
      more: isMine ? undefined : props.menuFor?.(message.authorId),
    }
  }
  const latest = useRef(editing)
  latest.current = editing
  /** Nothing where another message is rewritten by now. */
  const stopEditing = (id: string) => {
    if (latest.current !== id) return
    setEditing(undefined)
    document.querySelector<HTMLTextAreaElement>('.composer textarea')?.focus()
  }
  const editingOf = (message: Message) =>
    message.id === editing
      ? {
          save: (text: string) => chat.edit(message, text).then(() => stopEditing(message.id)),
          cancel: () => stopEditing(message.id),
        }
      : undefined
  const send = (text: string) => {
    chat.typing.posted(channel.slug)
    conversation.outbox.send(text)
  }
  return (
    <div class="chat">
      <MessageList
        conversation={conversation}
        channelName={channel.name}
        people={people}
        me={me.id}
        newAfter={newAfter}
        actionsOf={actionsOf}
        editingOf={editingOf}
        beside={props.beside}
        onAtEnd={setAtEnd}
      />
      <TypingLine names={chat.typing.of(channel.slug).map(people.nameOf)} />
      {props.children}
      <Composer
        channelName={channel.name}
        draft={chat.draft(channel.slug)}
        keepDraft={(text) => chat.keepDraft(channel.slug, text)}
        onTyped={() => chat.typing.typed(channel.slug)}
        onSend={mayWrite ? send : undefined}
        closed={closed}
        readCommand={props.readCommand}
        onEditLast={() => setEditing(lastOfMine(conversation, me.id)?.id)}
      />
      <Announcer conversation={conversation} people={people} me={me.id} />
      {removing && (
        <ConfirmDelete
          remove={() => chat.remove(removing)}
          onClose={() => setRemoving((now) => (now === removing ? undefined : now))}
        />
      )}
    </div>
  )
}
