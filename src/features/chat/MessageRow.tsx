import type { ComponentChildren } from 'preact'
import type { Message } from '../../../lib/protocol/chat.ts'
import { Avatar } from '../../ui/Avatar.tsx'
import { IconButton } from '../../ui/Button.tsx'
import { momentOf, timeOf } from '../../ui/dates.ts'
import { Pencil, Trash2 } from '../../ui/icons.tsx'
import type { PresenceStore } from '../presence/index.ts'
import { MessageEditor } from './MessageEditor.tsx'
import { Markdown } from './markdown/Markdown.tsx'

/** What may be done with one message; undefined for what may not. */
export type MessageActions = {
  edit: (() => void) | undefined
  remove: (() => void) | undefined
  /** What can be done with its author. */
  more?: ComponentChildren
}

/** Set while this message is being edited. */
export type Editing = { save: (text: string) => Promise<void>; cancel: () => void }

export type MessageRowProps = {
  message: Message
  starts: boolean
  people: PresenceStore
  me: string
  actions: MessageActions
  editing: Editing | undefined
}

export const mentionedBy = (people: PresenceStore, me: string) => (username: string) => {
  const person = people.personCalled(username)
  return person && { name: person.displayName, isMe: person.id === me }
}

const Time = ({ at }: { at: string }) => (
  <time class="when" dateTime={at} title={momentOf(at)}>
    {timeOf(at)}
  </time>
)

const Text = ({ message, people, me }: Pick<MessageRowProps, 'message' | 'people' | 'me'>) => {
  if (message.deletedAt) return <p class="deleted">This message was deleted.</p>
  const name = message.kind === 'me' && (
    <b class="who" title={people.nameOf(message.authorId)}>
      {people.nameOf(message.authorId)}{' '}
    </b>
  )
  return (
    <div class={message.kind === 'me' ? 'markdown act' : 'markdown'}>
      {name}
      <Markdown text={message.text} mentioned={mentionedBy(people, me)} />
      {message.kind === 'me' && <Time at={message.postedAt} />}
      {message.editedAt && (
        <span class="edited" title={`Edited ${momentOf(message.editedAt)}`}>
          (edited)
        </span>
      )}
    </div>
  )
}

const Actions = ({ edit, remove, more }: MessageActions) =>
  edit || remove || more ? (
    <div class="message-actions">
      {edit && (
        <IconButton label="Edit" onClick={edit}>
          <Pencil size={16} />
        </IconButton>
      )}
      {remove && (
        <IconButton label="Delete" onClick={remove}>
          <Trash2 size={16} />
        </IconButton>
      )}
      {more}
    </div>
  ) : null

export const MessageRow = (props: MessageRowProps) => {
  const { message, starts, people, actions, editing } = props
  const name = people.nameOf(message.authorId)
  return (
    <li class={starts ? 'message starts' : 'message'} data-row={message.seq} data-id={message.id}>
      <div class="gutter">
        {starts ? <Avatar id={message.authorId} name={name} /> : <Time at={message.postedAt} />}
      </div>
      <div class="message-main">
        {starts && message.kind === 'text' && (
          <div class="message-head">
            <b class="who" title={name}>
              {name}
            </b>
            <Time at={message.postedAt} />
          </div>
        )}
        {!starts && message.kind === 'text' && <span class="hidden-words">{name}: </span>}
        {editing ? <MessageEditor message={message} {...editing} /> : <Text {...props} />}
      </div>
      {!editing && !message.deletedAt && <Actions {...actions} />}
    </li>
  )
}
