import { useEffect, useState } from 'preact/hooks'
import { MAX_CHANNEL_NAME_LENGTH, MAX_TOPIC_LENGTH } from '../../../lib/protocol/limits.ts'
import { isUsableSlug, MAX_SLUG_LENGTH, RESERVED_SLUGS } from '../../../lib/protocol/slug.ts'
import { RequestError, sentenceOf } from '../../platform/request-error.ts'
import { Button } from '../../ui/Button.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { Failure, Field } from '../../ui/Field.tsx'
import type { NewChannel } from './actions.ts'
import { loadSlugMaker, type SlugMaker } from './slugs.ts'
import type { ChannelsStore } from './store.ts'

type Draft = { name: string; typedSlug: string | undefined; topic: string; isPrivate: boolean }

const empty: Draft = { name: '', typedSlug: undefined, topic: '', isPrivate: false }

/** What is wrong with an address, for people; undefined when nothing is. */
const wrongWith = (slug: string): string | undefined => {
  if (slug === '' || isUsableSlug(slug)) return undefined
  if (RESERVED_SLUGS.has(slug)) return 'That address is reserved. Choose another one.'
  return 'Small letters, digits and dashes only; it begins and ends with a letter or digit.'
}

const asNewChannel = ({ name, topic, isPrivate }: Draft, slug: string): NewChannel => ({
  name: name.trim(),
  topic: topic.trim(),
  private: isPrivate,
  ...(slug === '' ? {} : { slug }),
})

const useSlugMaker = (): SlugMaker | undefined => {
  const [maker, setMaker] = useState<SlugMaker>()
  useEffect(() => {
    // Without the preview the server makes the address from the name.
    void loadSlugMaker()
      .then((made) => setMaker(() => made))
      .catch(() => undefined)
  }, [])
  return maker
}

const Visibility = ({ isPrivate, set }: { isPrivate: boolean; set: (is: boolean) => void }) => (
  <label class="choice">
    <input
      type="checkbox"
      checked={isPrivate}
      onChange={(event) => set(event.currentTarget.checked)}
    />
    <span>
      <b>Private</b>
      <small>Only people who are invited see it. Otherwise everybody can join.</small>
    </span>
  </label>
)

export type CreateChannelProps = {
  channels: ChannelsStore
  onClose: () => void
  onCreated: (slug: string) => void
}

export const CreateChannel = ({ channels, onClose, onCreated }: CreateChannelProps) => {
  const [draft, setDraft] = useState(empty)
  const [isBusy, setBusy] = useState(false)
  const [failure, setFailure] = useState<string>()
  const makeSlug = useSlugMaker()
  const change = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }))
  const slug = draft.typedSlug ?? makeSlug?.(draft.name) ?? ''
  const wrong = wrongWith(slug)

  const submit = async (event: Event) => {
    event.preventDefault()
    setBusy(true)
    setFailure(undefined)
    try {
      const made = await channels.create(asNewChannel(draft, slug))
      onCreated(made.slug)
    } catch (error) {
      setBusy(false)
      setFailure(sentenceOf(error))
      const suggestion = error instanceof RequestError ? error.suggestion : undefined
      if (suggestion) change({ typedSlug: suggestion })
    }
  }
  return (
    <Dialog title="Create a channel" onClose={onClose}>
      <form class="form" onSubmit={(event) => void submit(event)}>
        <Field
          label="Name"
          value={draft.name}
          onInput={(name) => change({ name })}
          maxLength={MAX_CHANNEL_NAME_LENGTH}
          placeholder="Design review"
          autocomplete="off"
          required
          autofocus
        />
        <Field
          label="Address"
          prefix="/channels/"
          value={slug}
          onInput={(typed) => change({ typedSlug: typed.toLowerCase() })}
          maxLength={MAX_SLUG_LENGTH}
          hint="It stays the same when the name changes."
          error={wrong}
          autocomplete="off"
          spellcheck={false}
        />
        <Field
          label="Topic (optional)"
          value={draft.topic}
          onInput={(topic) => change({ topic })}
          maxLength={MAX_TOPIC_LENGTH}
          placeholder="What is talked about here"
          autocomplete="off"
        />
        <Visibility isPrivate={draft.isPrivate} set={(isPrivate) => change({ isPrivate })} />
        <Failure>{failure}</Failure>
        <footer class="form-end">
          <Button kind="plain" onClick={onClose}>
            Cancel
          </Button>
          <Button kind="gold" type="submit" busy={isBusy || wrong !== undefined}>
            Create channel
          </Button>
        </footer>
      </form>
    </Dialog>
  )
}
