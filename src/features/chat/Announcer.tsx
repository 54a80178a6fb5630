import { useRef } from 'preact/hooks'
import type { PresenceStore } from '../presence/index.ts'
import type { Conversation } from './store.ts'

export type AnnouncerProps = { conversation: Conversation; people: PresenceStore; me: string }

const LONGEST = 300

/** Reads out what others post in the open channel, and nothing that was there before. */
export const Announcer = ({ conversation, people, me }: AnnouncerProps) => {
  const { messages, is } = conversation.timeline.state
  const known = useRef<number>()
  const last = messages.at(-1)
  if (is === 'ready') known.current ??= last?.seq ?? 0
  const isNews = last && known.current !== undefined && last.seq > known.current
  return (
    <p class="hidden-words" aria-live="polite">
      {isNews && last.authorId !== me && !last.deletedAt
        ? `${people.nameOf(last.authorId)}: ${last.text.slice(0, LONGEST)}`
        : ''}
    </p>
  )
}
