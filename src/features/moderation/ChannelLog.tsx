import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { ModerationAct } from '../../../lib/protocol/moderation.ts'
import { isInForce } from '../../../lib/protocol/rights.ts'
import { sentenceOf } from '../../platform/request-error.ts'
import type { Wire } from '../../platform/socket.ts'
import { Button } from '../../ui/Button.tsx'
import { momentOf } from '../../ui/dates.ts'
import { Failure } from '../../ui/Field.tsx'
import { Skeleton } from '../../ui/Placeholders.tsx'
import { createModerationLog, type ModerationLogStore } from './log.ts'
import { heldOf, mayModerate, nameIn, type Place } from './place.ts'
import type { ModerationStore } from './store.ts'
import { deedWords, stateWords, whenWords } from './words.ts'

export type ChannelLogProps = { store: ModerationStore; place: Place; wire: Wire }

type RowProps = ChannelLogProps & { act: ModerationAct; onFailure: (text?: string) => void }

/** "Alice", and "you" for me where a sentence is about me. */
const namer = (place: Place) => (userId: string, isObject: boolean) => {
  if (userId !== place.me.id) return nameIn(place, userId)
  return isObject ? 'you' : 'You'
}

const mayEnd = (place: Place, act: ModerationAct): boolean =>
  mayModerate(place) && act.userId !== place.me.id

const LogRow = ({ store, place, act, onFailure }: RowProps) => {
  const [isBusy, setBusy] = useState(false)
  const now = store.now()
  // Reading the ticks draws again when something runs out.
  const isRunning = store.state.ticks >= 0 && isInForce(act, now.toISOString())
  const nameOf = namer(place)
  const words = deedWords(act, nameOf)
  const state = stateWords(act, nameOf, now)
  const row = useRef<HTMLLIElement>(null)
  const isMine = useRef(false)
  // The button that was pressed goes with what it ended: the keyboard goes on from here.
  useLayoutEffect(() => {
    if (!isRunning && isMine.current && document.activeElement === document.body)
      row.current?.focus()
  }, [isRunning])
  const end = async () => {
    isMine.current = true
    setBusy(true)
    onFailure(undefined)
    await store.end(act).catch((error: unknown) => onFailure(sentenceOf(error)))
    setBusy(false)
  }
  return (
    <li ref={row} tabIndex={-1} class={`row log-row ${isRunning ? 'running' : ''}`}>
      <div class="row-text">
        <b>{words}</b>
        {act.reason && <span class="log-reason">{act.reason}</span>}
        <small>
          <time dateTime={act.at} title={momentOf(act.at)}>
            {whenWords(act.at, now)}
          </time>
          {state && ` · ${state}`}
        </small>
      </div>
      {isRunning && mayEnd(place, act) && (
        <Button busy={isBusy} onClick={() => void end()}>
          End now<span class="hidden-words">: {words}</span>
        </Button>
      )}
    </li>
  )
}

const Older = ({ log }: { log: ModerationLogStore }) => {
  const { hasMore, older } = log.state
  if (!hasMore) return null
  return (
    <div class="log-more">
      {older === 'failed' && <span class="field-note wrong">Earlier entries did not come.</span>}
      <Button busy={older === 'loading'} onClick={log.loadOlder}>
        Show earlier
      </Button>
    </div>
  )
}

const LockButton = ({ store, place, onFailure }: Omit<RowProps, 'act'>) => {
  const [isBusy, setBusy] = useState(false)
  const lock = heldOf(place, 'lock', null)
  const channelSlug = place.channel.slug
  if (!lock) {
    return (
      <Button onClick={() => store.ask({ channelSlug, kind: 'lock', userId: null })}>Lock…</Button>
    )
  }
  const unlock = async () => {
    setBusy(true)
    onFailure(undefined)
    await store.end(lock).catch((error: unknown) => onFailure(sentenceOf(error)))
    setBusy(false)
  }
  return (
    <Button busy={isBusy} onClick={() => void unlock()}>
      Unlock
    </Button>
  )
}

/** In the channel's panel: who did what to whom, why and until when; those who may end what runs. Nothing where there is nothing to tell. */
export const ChannelLog = (props: ChannelLogProps) => {
  const { place, wire } = props
  const { slug } = place.channel
  const log = useMemo(() => createModerationLog({ wire, channelSlug: slug }), [wire, slug])
  useEffect(() => log.dispose, [log])
  const [failure, setFailure] = useState<string>()
  const { is, acts, because } = log.state
  const canAct = mayModerate(place)
  if (!canAct && (is === 'loading' || acts.length === 0)) return null
  return (
    <section class="channel-section" aria-label="Moderation log">
      <header class="log-head">
        <h3>Moderation log</h3>
        {canAct && <LockButton {...props} onFailure={setFailure} />}
      </header>
      <Failure>{failure}</Failure>
      {is === 'loading' && <Skeleton lines={2} what="the log" />}
      {is === 'failed' && (
        <p class="field-note">
          {because} <Button onClick={log.retry}>Try again</Button>
        </p>
      )}
      {is === 'ready' && acts.length === 0 && (
        <p class="field-note">Nothing happened yet. What moderators do is written here.</p>
      )}
      <ul class="rows">
        {acts.map((act) => (
          <LogRow key={act.id} {...props} act={act} onFailure={setFailure} />
        ))}
      </ul>
      <Older log={log} />
    </section>
  )
}
