import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import type { CallCard, CallStay } from '../../../lib/protocol/calls.ts'
import { Avatar } from '../../ui/Avatar.tsx'
import { Button } from '../../ui/Button.tsx'
import { lengthOf, momentOf, timeOf } from '../../ui/dates.ts'
import { ChevronDown, Video } from '../../ui/icons.tsx'
import { type Attendance, attendanceOf, namesWords, peopleWords } from './words.ts'

export type CallCardViewProps = {
  call: CallCard
  nameOf: (userId: string) => string
  /** Undefined where there is nothing to join, or I am in it. */
  join: (() => void) | undefined
  /** What stands in place of joining where I may not come in. */
  instead?: ComponentChildren
}

/** How often the length of a call that runs is looked at, in milliseconds: it is told in minutes. */
const LOOK_EVERY_MS = 10_000

/** How long a call lasts or lasted. Alone draws again as time goes by. */
const Length = ({ call: { startedAt, endedAt } }: Pick<CallCardViewProps, 'call'>) => {
  const [now, setNow] = useState(Date.now)
  const isRunning = endedAt === null
  useEffect(() => {
    if (!isRunning) return
    const timer = setInterval(() => setNow(Date.now()), LOOK_EVERY_MS)
    return () => clearInterval(timer)
  }, [isRunning])
  return <>{lengthOf(Date.parse(startedAt), isRunning ? now : Date.parse(endedAt))}</>
}

const Stay = ({ joinedAt, leftAt }: CallStay) => (
  <span class="call-stay">
    <time dateTime={joinedAt} title={momentOf(joinedAt)}>
      {timeOf(joinedAt)}
    </time>
    {leftAt === null ? (
      <span class="call-here">in the call</span>
    ) : (
      <>
        <span aria-hidden="true">–</span>
        <span class="hidden-words"> to </span>
        <time dateTime={leftAt} title={momentOf(leftAt)}>
          {timeOf(leftAt)}
        </time>
      </>
    )}
  </span>
)

const Person = ({ userId, stays, isIn, name }: Attendance & { name: string }) => (
  <li class={isIn ? 'is-in' : ''}>
    <Avatar id={userId} name={name} size="small" />
    <b title={name}>{name}</b>
    <span class="call-stays">
      {stays.map((stay) => (
        <Stay key={stay.joinedAt} {...stay} />
      ))}
    </span>
  </li>
)

const headOf = (isRunning: boolean, here: number, all: number) =>
  isRunning ? `${peopleWords(here)} in it` : peopleWords(all)

/** A call in its place in time: how long, who; who came and went on request. Fills in while the call runs. */
export const CallCardView = ({ call, nameOf, join, instead }: CallCardViewProps) => {
  const [isOpen, setOpen] = useState(false)
  const listId = useId()
  const card = useRef<HTMLDivElement>(null)
  const isRunning = call.endedAt === null
  const people = attendanceOf(call)
  const here = people.filter(({ isIn }) => isIn)
  const names = namesWords((isRunning ? here : people).map(({ userId }) => nameOf(userId)))
  useEffect(() => {
    if (isOpen) card.current?.scrollIntoView({ block: 'nearest' })
  }, [isOpen])
  return (
    <>
      <div class="gutter">
        <span class={`avatar medium call-mark ${isRunning ? 'running' : ''}`} aria-hidden="true">
          <Video size={18} />
        </span>
      </div>
      <div class="message-main" ref={card}>
        <div class="message-head">
          <b class="who">{isRunning ? 'Call in progress' : 'Call'}</b>
          <time class="when" dateTime={call.startedAt} title={momentOf(call.startedAt)}>
            {timeOf(call.startedAt)}
          </time>
        </div>
        <section class="call-card" aria-label={`Call at ${timeOf(call.startedAt)}`}>
          <p class="call-card-text">
            <b>
              <Length call={call} />, {headOf(isRunning, here.length, people.length)}
            </b>
            <small>{names}</small>
          </p>
          <div class="call-card-actions">
            <button
              class="button plain call-card-toggle"
              type="button"
              aria-expanded={isOpen}
              aria-controls={listId}
              onClick={() => setOpen(!isOpen)}
            >
              Who was in it
              <ChevronDown size={16} aria-hidden="true" />
            </button>
            {instead}
            {join && (
              <Button kind="go" onClick={join}>
                Join
              </Button>
            )}
          </div>
          <ul
            class="call-people"
            id={listId}
            // biome-ignore lint/a11y/noNoninteractiveTabindex: fifty people scroll, by the keyboard too.
            tabIndex={0}
            aria-label="Who was in the call"
            hidden={!isOpen}
          >
            {isOpen &&
              people.map((one) => <Person key={one.userId} {...one} name={nameOf(one.userId)} />)}
          </ul>
        </section>
      </div>
    </>
  )
}
