import { Avatar } from '../../ui/Avatar.tsx'
import { Button } from '../../ui/Button.tsx'
import { timeOf } from '../../ui/dates.ts'
import type { PresenceStore } from '../presence/index.ts'
import { mentionedBy } from './MessageRow.tsx'
import { Markdown } from './markdown/Markdown.tsx'
import type { Outbox, Pending } from './outbox.ts'

const withoutMe = (text: string) => (text.startsWith('/me ') ? text.slice(4) : text)

export type PendingRowProps = {
  pending: Pending
  starts: boolean
  outbox: Outbox
  people: PresenceStore
  me: string
}

/** A message of mine that is not stored yet, and what to do when it cannot be. */
export const PendingRow = ({ pending, starts, outbox, people, me }: PendingRowProps) => {
  const { clientId, text, is, because, postedAt } = pending
  const name = people.nameOf(me)
  return (
    <li class={`message pending ${starts ? 'starts' : ''} ${is}`}>
      <div class="gutter">{starts && <Avatar id={me} name={name} />}</div>
      <div class="message-main">
        {starts && (
          <div class="message-head">
            <b class="who">{name}</b>
            <time class="when">{timeOf(postedAt)}</time>
          </div>
        )}
        <div class="markdown">
          <Markdown text={withoutMe(text)} mentioned={mentionedBy(people, me)} />
        </div>
        {is === 'failed' && (
          <p class="not-sent" role="alert">
            <span>Not sent. {because}</span>
            <Button onClick={() => outbox.retry(clientId)}>Retry</Button>
            <Button kind="plain" onClick={() => outbox.settle(clientId)}>
              Discard
            </Button>
          </p>
        )}
      </div>
    </li>
  )
}
