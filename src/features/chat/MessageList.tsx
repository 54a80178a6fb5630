import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Message } from '../../../lib/protocol/chat.ts'
import { Button } from '../../ui/Button.tsx'
import { dayOf } from '../../ui/dates.ts'
import { ArrowDown, ArrowUp } from '../../ui/icons.tsx'
import { Empty, Skeleton } from '../../ui/Placeholders.tsx'
import type { PresenceStore } from '../presence/index.ts'
import { type Beside, useBeside } from './beside.ts'
import { type Editing, type MessageActions, MessageRow } from './MessageRow.tsx'
import { PendingRow } from './PendingRow.tsx'
import { around, downward, following, newest, upward, visible } from './page-window.ts'
import { firstNew, type Row, rowsOf } from './rows.ts'
import { useScrolling } from './scrolling.ts'
import type { Conversation } from './store.ts'

export type MessageListProps = {
  conversation: Conversation
  channelName: string
  people: PresenceStore
  me: string
  /** The read position when the channel was opened with something unread. */
  newAfter: number | undefined
  actionsOf: (message: Message) => MessageActions
  editingOf: (message: Message) => Editing | undefined
  /** What stands between the messages. */
  beside?: Beside | undefined
  /** Whether the newest message is in view. */
  onAtEnd: (is: boolean) => void
}

const Separator = ({ row }: { row: Extract<Row, { is: 'day' | 'new' }> }) =>
  row.is === 'new' ? (
    <li class="separator new" data-new>
      <span>New</span>
    </li>
  ) : (
    <li class="separator">
      <span>{dayOf(row.at, new Date())}</span>
    </li>
  )

const Top = ({
  conversation,
  channelName,
  beside,
}: Pick<MessageListProps, 'conversation' | 'channelName' | 'beside'>) => {
  const { timeline } = conversation
  const { hasMore, older, messages } = timeline.state
  if (messages.length === 0 && !beside?.entries.length) {
    return (
      <Empty title={`${channelName} is empty so far`}>
        <p>Write the first message below, or bring people in with the button above.</p>
      </Empty>
    )
  }
  if (!hasMore && !beside?.hasMore) {
    return (
      <p class="beginning">
        This is the beginning of <b>{channelName}</b>.
      </p>
    )
  }
  return (
    <div class="older">
      {older === 'failed' ? (
        <p class="failure">
          Earlier messages could not be loaded.{' '}
          <Button onClick={timeline.loadOlder && (() => void timeline.loadOlder?.())}>
            Try again
          </Button>
        </p>
      ) : (
        <Skeleton lines={4} what="earlier messages" />
      )}
    </div>
  )
}

/** How many of others came while the reader was further up. */
const useMissed = (messages: readonly Message[], isAtEnd: boolean, me: string): number => {
  const seen = useRef(0)
  const last = messages.at(-1)?.seq ?? 0
  if (isAtEnd || seen.current === 0) seen.current = last
  return messages.filter(({ seq, authorId }) => seq > seen.current && authorId !== me).length
}

const usePageWindow = ({ timeline }: Conversation, beside: Beside | undefined) => {
  const { messages } = timeline.state
  const [chosen, setChosen] = useState(() => newest(messages))
  const window = following(messages, chosen.from === 0 ? newest(messages) : chosen)
  return {
    shown: visible(messages, window),
    reachesNewest: window.to === undefined,
    toNewest: () => setChosen(newest(messages)),
    toSeq: (seq: number) => setChosen(around(timeline.state.messages, seq)),
    onNearTop() {
      const next = upward(messages, window)
      if (next !== window) setChosen(next)
      else if (timeline.state.older === 'idle') {
        // The page is drawn by the next look, when it is there.
        void timeline.loadOlder?.()
        if (!timeline.state.hasMore) void beside?.loadOlder?.()
      }
    },
    onNearEnd() {
      const next = downward(messages, window)
      if (next !== window) setChosen(next)
    },
  }
}

/** Above what is loaded there is more that I have not read: leads to where it begins. */
const UnreadAbove = ({ go }: { go: () => Promise<void> }) => {
  const [isBusy, setBusy] = useState(false)
  const [isGone, setGone] = useState(false)
  if (isGone) return null
  const click = async () => {
    setBusy(true)
    await go()
    setGone(true)
  }
  return (
    <Button class="unread-above" busy={isBusy} onClick={() => void click()}>
      <ArrowUp size={16} aria-hidden="true" />
      Go to the first new message
    </Button>
  )
}

const Jump = ({ missed, onClick }: { missed: number; onClick: () => void }) => (
  <button class="button quiet jump-latest" type="button" onClick={onClick}>
    <ArrowDown size={16} aria-hidden="true" />
    {missed > 0 ? `${missed} new` : 'Jump to latest'}
  </button>
)

/** The channel to read: days, runs, the New line; older messages as the reader goes up, never more than some hundred drawn. */
export const MessageList = (props: MessageListProps) => {
  const { conversation, people, me, newAfter, actionsOf, editingOf, onAtEnd } = props
  const { timeline, outbox } = conversation
  const { messages, is } = timeline.state
  const { pending } = outbox.state
  const box = useRef<HTMLDivElement>(null)
  const page = usePageWindow(conversation, props.beside)
  const scrolling = useScrolling(box, page)
  const missed = useMissed(messages, scrolling.isAtEnd, me)
  /** The next drawing shows the New line, if there is one. */
  const wanted = useRef(true)
  const isReady = is === 'ready'
  const entries = useBeside(props.beside, timeline.state, page.shown)

  const newSeq = firstNew(messages, newAfter, me)
  const isAbove = (messages[0]?.seq ?? 0) > (newAfter ?? 0) + 1
  const toFirstNew = async (after: number) => {
    await timeline.reach(after + 1)
    const seq = firstNew(timeline.state.messages, newAfter, me)
    if (seq === undefined) return
    page.toSeq(seq)
    wanted.current = true
  }
  useLayoutEffect(() => {
    if (!isReady || !wanted.current) return
    wanted.current = false
    const line = box.current?.querySelector<HTMLElement>('[data-new]')
    if (line) scrolling.show(line)
  })
  const toLatest = () => {
    page.toNewest()
    scrolling.follow()
  }
  // Also when a page of older messages has come: a reader who waits at the very top does not scroll again.
  useEffect(
    () => scrolling.look(),
    [isReady, messages[0]?.seq, page.shown[0]?.seq, entries[0]?.key],
  )
  useEffect(() => onAtEnd(scrolling.isAtEnd && isReady), [scrolling.isAtEnd, isReady])
  useEffect(() => {
    if (pending.length > 0) toLatest()
  }, [pending.length])

  const rows = rowsOf(page.shown, newSeq, entries)
  const last = rows.at(-1)
  const draw = (row: Row) => {
    if (row.is === 'beside') {
      return (
        <li key={row.key} class="message starts beside" data-row={row.key}>
          {props.beside?.draw(row.key)}
        </li>
      )
    }
    if (row.is !== 'message') return <Separator key={row.key} row={row} />
    const { key, message, starts } = row
    const actions = actionsOf(message)
    const own = { message, starts, actions, editing: editingOf(message) }
    return <MessageRow key={key} people={people} me={me} {...own} />
  }

  if (is === 'failed') {
    return (
      <div class="log">
        <Empty title="The messages could not be loaded">
          <p>{timeline.state.because}</p>
          <Button onClick={timeline.retry && (() => void timeline.retry?.())}>Try again</Button>
        </Empty>
      </div>
    )
  }
  return (
    <div class="log-frame">
      <div class="log" ref={box} aria-busy={!isReady}>
        {!isReady && <Skeleton lines={8} what="messages" />}
        {isReady && <Top {...props} />}
        <ol class="log-list" aria-label={`Messages in ${props.channelName}`}>
          {rows.map(draw)}
          {page.reachesNewest &&
            pending.map((one, at) => (
              <PendingRow
                key={one.clientId}
                pending={one}
                starts={at === 0 && !(last?.is === 'message' && last.message.authorId === me)}
                outbox={outbox}
                people={people}
                me={me}
              />
            ))}
        </ol>
      </div>
      {newAfter !== undefined && isAbove && <UnreadAbove go={() => toFirstNew(newAfter)} />}
      {isReady && !scrolling.isAtEnd && <Jump missed={missed} onClick={toLatest} />}
    </div>
  )
}
