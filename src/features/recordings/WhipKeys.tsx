import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { MAX_WHIP_KEY_NAME_LENGTH } from '../../../lib/protocol/limits.ts'
import type { NewWhipKey, WhipKey } from '../../../lib/protocol/recordings.ts'
import { sentenceOf } from '../../platform/request-error.ts'
import { AskAgain, useAskedTwice } from '../../ui/AskAgain.tsx'
import { Button } from '../../ui/Button.tsx'
import { CopyButton } from '../../ui/CopyButton.tsx'
import { dayOf, timeOf } from '../../ui/dates.ts'
import { Failure, Field } from '../../ui/Field.tsx'
import { keepingFocus } from '../../ui/keeping-focus.ts'
import { Skeleton } from '../../ui/Placeholders.tsx'
import type { RecordingsStore } from './store.ts'

export type WhipKeysProps = {
  store: RecordingsStore
  personOf: (userId: string) => string
  now: () => Date
  /** The address people type, without a slash at the end. */
  origin: string
}

const Value = ({ label, text }: { label: string; text: string }) => {
  const shown = useRef<HTMLElement>(null)
  return (
    <div class="whip-value">
      <span>{label}</span>
      <code ref={shown}>{text}</code>
      <CopyButton text={text} shown={shown} label={label} />
    </div>
  )
}

type FreshProps = { made: NewWhipKey; origin: string; onDone: () => void }

/** What goes into OBS. The key is here once. */
const Fresh = ({ made, origin, onDone }: FreshProps) => {
  const ref = useRef<HTMLElement>(null)
  // In place of the form that had the focus: read out, and the next Tab leads to what can be copied.
  useLayoutEffect(() => ref.current?.focus(), [])
  return (
    <section class="whip-fresh" ref={ref} tabIndex={-1} aria-label={`Key for ${made.key.name}`}>
      <p>
        Put these into OBS under Settings, Stream, Service: WHIP. The key is shown only now; whoever
        has it can stream into this channel.
      </p>
      <Value label="Server" text={`${origin}${made.path}`} />
      <Value label="Bearer token" text={made.secret} />
      <Button kind="gold" onClick={onDone}>
        Done
      </Button>
    </section>
  )
}

type KeyProps = Omit<WhipKeysProps, 'origin'> & {
  whipKey: WhipKey
  onFailure: (text?: string) => void
}

const KeyRow = ({ store, whipKey, personOf, now, onFailure }: KeyProps) => {
  const { name, createdBy, createdAt, publishing } = whipKey
  const row = useRef<HTMLLIElement>(null)
  const revoke = async () => {
    onFailure(undefined)
    await keepingFocus(row.current, () => store.revokeKey(whipKey)).catch((error: unknown) =>
      onFailure(sentenceOf(error)),
    )
  }
  const { isAsking, ask, keep } = useAskedTwice(row, 'button')
  return (
    <li class="row whip-key" ref={row}>
      <div class="row-text">
        <b title={name}>{name}</b>
        <small>
          {publishing
            ? `Streaming since ${timeOf(publishing)}`
            : `Made by ${personOf(createdBy)} · ${dayOf(createdAt, now())}`}
        </small>
      </div>
      {isAsking ? (
        <AskAgain verb="Revoke for good" keepVerb="Keep" act={revoke} onKeep={keep} />
      ) : (
        <Button class="ends" onClick={ask}>
          Revoke<span class="hidden-words">: {name}</span>
        </Button>
      )}
    </li>
  )
}

type NewDeviceProps = Pick<WhipKeysProps, 'store'> & {
  /** It stands here again after a key was shown. */
  isBack: boolean
  onMade: (made: NewWhipKey) => void
  onFailure: (text?: string) => void
}

const NewDevice = ({ store, isBack, onMade, onFailure }: NewDeviceProps) => {
  const [name, setName] = useState('')
  const [isBusy, setBusy] = useState(false)
  const ref = useRef<HTMLFormElement>(null)
  useLayoutEffect(() => {
    if (isBack) ref.current?.querySelector('input')?.focus()
  }, [])
  const create = async (event: Event) => {
    event.preventDefault()
    // Of two keys made by a second Enter, one would never be seen.
    if (isBusy) return
    onFailure(undefined)
    setBusy(true)
    try {
      onMade(await store.createKey(name.trim()))
    } catch (error) {
      onFailure(sentenceOf(error))
    }
    setBusy(false)
  }
  return (
    <form ref={ref} class="whip-new" onSubmit={(event) => void create(event)}>
      <Field
        label="New device"
        value={name}
        onInput={setName}
        maxLength={MAX_WHIP_KEY_NAME_LENGTH}
        placeholder="OBS on the stage"
        required
      />
      <Button type="submit" busy={isBusy}>
        Make a key
      </Button>
    </form>
  )
}

/** Keys with which devices stream into the call: made, shown once, revoked. */
export const WhipKeys = (props: WhipKeysProps) => {
  const { store, origin } = props
  const { items, because, is } = store.state.keys
  const [made, setMade] = useState<NewWhipKey>()
  const [wasMade, setWasMade] = useState(false)
  const [failure, setFailure] = useState<string>()
  const show = (key: NewWhipKey) => {
    setMade(key)
    setWasMade(true)
  }
  return (
    <section class="channel-section" aria-label="Streaming devices">
      <h3>Streaming devices</h3>
      <p class="field-note">
        OBS or a camera can stream into the call. A key works while you are in the channel, for one
        stream at a time.
      </p>
      <Failure>{failure}</Failure>
      {is === 'loading' && <Skeleton lines={1} what="devices" />}
      {is === 'failed' && (
        <p class="field-note">
          {because} <Button onClick={store.reload}>Try again</Button>
        </p>
      )}
      <ul class="rows" tabIndex={-1} aria-label="Devices with a key">
        {items.map((whipKey) => (
          <KeyRow key={whipKey.id} {...props} whipKey={whipKey} onFailure={setFailure} />
        ))}
      </ul>
      {made ? (
        <Fresh made={made} origin={origin} onDone={() => setMade(undefined)} />
      ) : (
        <NewDevice store={store} isBack={wasMade} onMade={show} onFailure={setFailure} />
      )}
    </section>
  )
}
