import { useState } from 'preact/hooks'
import { MAX_WHIP_KEY_NAME_LENGTH } from '../../../lib/protocol/limits.ts'
import type { NewWhipKey, WhipKey } from '../../../lib/protocol/recordings.ts'
import { sentenceOf } from '../../platform/request-error.ts'
import { Button } from '../../ui/Button.tsx'
import { dayOf, timeOf } from '../../ui/dates.ts'
import { Failure, Field } from '../../ui/Field.tsx'
import { Check, Copy } from '../../ui/icons.tsx'
import type { RecordingsStore } from './store.ts'

export type WhipKeysProps = {
  store: RecordingsStore
  personOf: (userId: string) => string
  now: () => Date
  /** The address people type, without a slash at the end. */
  origin: string
}

const Copied = ({ label, text }: { label: string; text: string }) => {
  const [isCopied, setCopied] = useState(false)
  const copy = () =>
    // Where the browser forbids copying the text can still be selected by hand.
    navigator.clipboard?.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    )
  return (
    <div class="whip-value">
      <span>{label}</span>
      <code>{text}</code>
      <Button onClick={() => void copy()}>
        {isCopied ? <Check size={16} aria-hidden="true" /> : <Copy size={16} aria-hidden="true" />}
        {isCopied ? 'Copied' : 'Copy'}
        <span class="hidden-words">{label}</span>
      </Button>
    </div>
  )
}

/** What goes into OBS. The key is here once. */
const Fresh = ({ made, origin, onDone }: FreshProps) => (
  <div class="whip-fresh">
    <p>
      Put these into OBS under Settings, Stream, Service: WHIP. The key is shown only now; whoever
      has it can stream into this channel.
    </p>
    <Copied label="Server" text={`${origin}${made.path}`} />
    <Copied label="Bearer token" text={made.secret} />
    <Button kind="gold" onClick={onDone}>
      Done
    </Button>
  </div>
)
type FreshProps = { made: NewWhipKey; origin: string; onDone: () => void }

type KeyProps = Omit<WhipKeysProps, 'origin'> & {
  whipKey: WhipKey
  onFailure: (text: string) => void
}

const KeyRow = ({ store, whipKey, personOf, now, onFailure }: KeyProps) => {
  const { name, createdBy, createdAt, publishing } = whipKey
  const revoke = () =>
    void store.revokeKey(whipKey).catch((error: unknown) => onFailure(sentenceOf(error)))
  return (
    <li class="row">
      <div class="row-text">
        <b title={name}>{name}</b>
        <small>
          {publishing
            ? `Streaming since ${timeOf(publishing)}`
            : `Made by ${personOf(createdBy)} · ${dayOf(createdAt, now())}`}
        </small>
      </div>
      <Button class="ends" onClick={revoke}>
        Revoke<span class="hidden-words">: {name}</span>
      </Button>
    </li>
  )
}

/** Keys with which devices stream into the call: made, shown once, revoked. */
export const WhipKeys = (props: WhipKeysProps) => {
  const { store, origin } = props
  const { items, because, is } = store.state.keys
  const [name, setName] = useState('')
  const [made, setMade] = useState<NewWhipKey>()
  const [failure, setFailure] = useState<string>()
  const create = async (event: Event) => {
    event.preventDefault()
    setFailure(undefined)
    try {
      setMade(await store.createKey(name.trim()))
      setName('')
    } catch (error) {
      setFailure(sentenceOf(error))
    }
  }
  return (
    <section class="channel-section" aria-label="Streaming devices">
      <h3>Streaming devices</h3>
      <p class="field-note">
        OBS or a camera can stream into the call. A key works while you are in the channel, for one
        stream at a time.
      </p>
      <Failure>{failure ?? (is === 'failed' ? because : undefined)}</Failure>
      <ul class="rows">
        {items.map((whipKey) => (
          <KeyRow key={whipKey.id} {...props} whipKey={whipKey} onFailure={setFailure} />
        ))}
      </ul>
      {made ? (
        <Fresh made={made} origin={origin} onDone={() => setMade(undefined)} />
      ) : (
        <form class="whip-new" onSubmit={(event) => void create(event)}>
          <Field
            label="New device"
            value={name}
            onInput={setName}
            maxLength={MAX_WHIP_KEY_NAME_LENGTH}
            placeholder="OBS on the stage"
            required
          />
          <Button type="submit">Make a key</Button>
        </form>
      )}
    </section>
  )
}
