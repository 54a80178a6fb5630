import { useState } from 'preact/hooks'
import { MAX_DISPLAY_NAME_LENGTH, USERNAME_PATTERN } from '../../../lib/protocol/limits.ts'
import { sentenceOf } from '../../platform/request-error.ts'
import { Button } from '../../ui/Button.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { Failure, Field } from '../../ui/Field.tsx'
import type { NewPerson } from './store.ts'

export type CreatePersonProps = {
  create: (person: NewPerson) => Promise<void>
  onClose: () => void
}

const usernameFrom = (name: string): string =>
  name
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '.')
    .replace(/^\.+|\.+$/g, '')
    .slice(0, 32)

export const CreatePerson = ({ create, onClose }: CreatePersonProps) => {
  const [displayName, setDisplayName] = useState('')
  const [typed, setTyped] = useState<string>()
  const [isAdmin, setAdmin] = useState(false)
  const [isBusy, setBusy] = useState(false)
  const [failure, setFailure] = useState<string>()
  const username = typed ?? usernameFrom(displayName)
  const isWrong = username !== '' && !USERNAME_PATTERN.test(username)

  const submit = async (event: Event) => {
    event.preventDefault()
    setBusy(true)
    setFailure(undefined)
    const role = isAdmin ? 'admin' : 'member'
    await create({ username, displayName: displayName.trim(), role }).catch((error: unknown) =>
      setFailure(sentenceOf(error)),
    )
    setBusy(false)
  }
  return (
    <Dialog title="Add a person" onClose={onClose}>
      <form class="form" onSubmit={(event) => void submit(event)}>
        <Field
          label="Display name"
          value={displayName}
          onInput={setDisplayName}
          maxLength={MAX_DISPLAY_NAME_LENGTH}
          autocomplete="off"
          required
          autofocus
        />
        <Field
          label="Username"
          prefix="@"
          value={username}
          onInput={(text) => setTyped(text.toLowerCase())}
          hint="They sign in with it and are mentioned by it. It never changes."
          error={
            isWrong ? 'Small letters, digits, dot, dash and underscore; at most 32.' : undefined
          }
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          required
        />
        <label class="choice">
          <input
            type="checkbox"
            checked={isAdmin}
            onChange={(event) => setAdmin(event.currentTarget.checked)}
          />
          <span>
            <b>Admin</b>
            <small>May add people and manage every open channel.</small>
          </span>
        </label>
        <Failure>{failure}</Failure>
        <footer class="form-end">
          <Button kind="plain" onClick={onClose}>
            Cancel
          </Button>
          <Button kind="gold" type="submit" busy={isBusy || isWrong}>
            Add person
          </Button>
        </footer>
      </form>
    </Dialog>
  )
}
