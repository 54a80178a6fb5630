import { useState } from 'preact/hooks'
import { MAX_REASON_LENGTH } from '../../../lib/protocol/limits.ts'
import type { LockScope, ModerationKind, ModerationWish } from '../../../lib/protocol/moderation.ts'
import { sentenceOf } from '../../platform/request-error.ts'
import { Button } from '../../ui/Button.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { Failure, Field } from '../../ui/Field.tsx'
import type { ToastList } from '../../ui/toasts.ts'
import { DEFAULT_TIMEOUT_SECONDS } from './commands.ts'
import { COMMON_SECONDS, durationWords } from './durations.ts'
import { nameIn, type Place } from './place.ts'
import type { Asking, ModerationStore } from './store.ts'
import { doneWords, previewWords } from './words.ts'

export type ModerateDialogProps = {
  store: ModerationStore
  place: Place
  asking: Asking
  toasts: Pick<ToastList, 'say' | 'fail'>
}

/** Seconds; '' holds until it is lifted. */
type Filled = { time: string; reason: string; scope: LockScope; members: boolean }

const TITLES: Record<ModerationKind, (name: string) => string> = {
  kick: (name) => `Take ${name} out of the call?`,
  ban: (name) => `Ban ${name} from the channel?`,
  timeout: (name) => `Time out ${name}?`,
  'forbid-presenting': (name) => `Let ${name} only listen in the call?`,
  mute: (name) => `Mute ${name}?`,
  lock: () => 'Lock the call or the channel?',
}
const VERBS: Record<ModerationKind, string> = {
  kick: 'Take out',
  ban: 'Ban',
  timeout: 'Time out',
  'forbid-presenting': 'Let only listen',
  mute: 'Mute',
  lock: 'Lock',
}

const wishOf = ({ channelSlug, kind, userId }: Asking, filled: Filled): ModerationWish => {
  const reason = filled.reason.trim()
  const seconds = filled.time === '' ? {} : { seconds: Number(filled.time) }
  const person = { channelSlug, userId: userId ?? '', reason }
  if (kind === 'lock') {
    const exempt: ('moderator' | 'member')[] = filled.members
      ? ['moderator', 'member']
      : ['moderator']
    return { kind, channelSlug, reason, scope: filled.scope, exempt, ...seconds }
  }
  if (kind === 'timeout') return { kind, ...person, seconds: Number(filled.time) }
  return kind === 'kick' || kind === 'mute' ? { kind, ...person } : { kind, ...person, ...seconds }
}

const TimeField = (props: {
  kind: ModerationKind
  value: string
  onChange: (v: string) => void
}) => (
  <div class="field">
    <label for="moderate-time">For how long</label>
    <select
      id="moderate-time"
      value={props.value}
      onChange={(event) => props.onChange(event.currentTarget.value)}
    >
      {COMMON_SECONDS.map((seconds) => (
        <option key={seconds} value={String(seconds)} selected={String(seconds) === props.value}>
          {durationWords(seconds)}
        </option>
      ))}
      {props.kind !== 'timeout' && (
        <option value="" selected={props.value === ''}>
          Until somebody lifts it
        </option>
      )}
    </select>
  </div>
)

const SCOPES: [LockScope, string, string][] = [
  ['call', 'The call', 'Who is in it stays; others only read and write.'],
  ['channel', 'The whole channel', 'Others only read: no writing, no joining, no speaking.'],
]

const LockFields = ({ filled, set }: { filled: Filled; set: (next: Partial<Filled>) => void }) => (
  <>
    <fieldset class="moderate-scope">
      <legend>What is locked</legend>
      {SCOPES.map(([scope, name, hint]) => (
        <label key={scope} class="choice">
          <input
            type="radio"
            name="lock-scope"
            checked={filled.scope === scope}
            autofocus={filled.scope === scope}
            onChange={() => set({ scope })}
          />
          <span>
            <b>{name}</b>
            <small>{hint}</small>
          </span>
        </label>
      ))}
    </fieldset>
    <label class="check">
      <input
        type="checkbox"
        checked={filled.members}
        onChange={(event) => set({ members: event.currentTarget.checked })}
      />
      <span>
        Only for listeners
        <small>Members go on as before. Moderators always do.</small>
      </span>
    </label>
  </>
)

/** Where a keyboard would not rise over half of what is asked. */
const hasKeys = () => matchMedia('(pointer: fine)').matches

const isTimed = (kind: ModerationKind) => kind !== 'kick' && kind !== 'mute'

/** Asks for a time and a reason, says what will happen, and does it. */
export const ModerateDialog = ({ store, place, asking, toasts }: ModerateDialogProps) => {
  const { kind, userId } = asking
  const time = kind === 'timeout' ? String(DEFAULT_TIMEOUT_SECONDS) : ''
  const [filled, setFilled] = useState<Filled>({ time, reason: '', scope: 'call', members: false })
  const [failure, setFailure] = useState<string>()
  const [isBusy, setBusy] = useState(false)
  const set = (next: Partial<Filled>) => setFilled((now) => ({ ...now, ...next }))
  const name = userId === null ? '' : nameIn(place, userId)
  const wish = wishOf(asking, filled)
  // Closed while the answer was on its way, another one may be open by now.
  const isOpen = () => store.state.asking === asking
  const onClose = () => {
    if (isOpen()) store.ask(undefined)
  }
  const submit = async (event: Event) => {
    event.preventDefault()
    if (isBusy) return
    setFailure(undefined)
    setBusy(true)
    try {
      const act = await store.act(wish)
      onClose()
      toasts.say(doneWords(act, name))
    } catch (error) {
      if (!isOpen()) return toasts.fail(sentenceOf(error))
      setFailure(sentenceOf(error))
      setBusy(false)
    }
  }
  return (
    <Dialog title={TITLES[kind](name)} onClose={onClose}>
      <form class="form" onSubmit={(event) => void submit(event)}>
        {kind === 'lock' && <LockFields filled={filled} set={set} />}
        {isTimed(kind) && (
          <TimeField kind={kind} value={filled.time} onChange={(next) => set({ time: next })} />
        )}
        <Field
          label="Reason"
          value={filled.reason}
          onInput={(reason) => set({ reason })}
          maxLength={MAX_REASON_LENGTH}
          autocomplete="off"
          autofocus={kind !== 'lock' && hasKeys()}
          hint={
            userId === null
              ? 'Everybody in the channel reads it.'
              : `${name} and the moderators read it. It may stay empty.`
          }
        />
        <p class="moderate-preview">{previewWords({ ...wish, reason: '' }, name)}</p>
        <Failure>{failure}</Failure>
        <footer class="form-end">
          <Button kind="plain" onClick={onClose}>
            Cancel
          </Button>
          <Button kind={kind === 'ban' ? 'danger' : 'gold'} type="submit" busy={isBusy}>
            {VERBS[kind]}
          </Button>
        </footer>
      </form>
    </Dialog>
  )
}
