import { useState } from 'preact/hooks'
import type { User } from '../../../lib/protocol/users.ts'
import { sentenceOf } from '../../platform/request-error.ts'
import { Avatar } from '../../ui/Avatar.tsx'
import { Button, IconButton } from '../../ui/Button.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { Failure } from '../../ui/Field.tsx'
import { KeyRound, UserPlus } from '../../ui/icons.tsx'
import { CreatePerson } from './CreatePerson.tsx'
import { ShownOnce } from './ShownOnce.tsx'
import type { AdminStore, NewPerson } from './store.ts'

export type PeoplePageProps = {
  people: readonly User[]
  isOnline: (id: string) => boolean
  me: User
  /** Undefined for those who are no admins. */
  admin: AdminStore | undefined
}

type Act = (act: () => Promise<void>) => Promise<void>
type Secret = { name: string; password: string }

const statusOf = (person: User, isOnline: boolean): string =>
  person.disabled ? 'Disabled' : isOnline ? 'Online' : 'Offline'

const AdminActions = (props: {
  person: User
  admin: AdminStore
  act: Act
  onReset: () => void
}) => {
  const { person, admin, act, onReset } = props
  const change = (what: Parameters<AdminStore['change']>[1]) => () =>
    void act(() => admin.change(person.id, what))
  return (
    <div class="row-actions">
      <select
        aria-label={`Role of ${person.displayName}`}
        value={person.role}
        onChange={(event) => change({ role: event.currentTarget.value as User['role'] })()}
      >
        <option value="member">Member</option>
        <option value="admin">Admin</option>
      </select>
      <IconButton label={`Reset password of ${person.displayName}`} onClick={onReset}>
        <KeyRound size={16} />
      </IconButton>
      <Button onClick={change({ disabled: !person.disabled })}>
        {person.disabled ? 'Enable' : 'Disable'}
      </Button>
    </div>
  )
}

const ConfirmReset = (props: { person: User; reset: () => void; onClose: () => void }) => (
  <Dialog title={`Reset the password of ${props.person.displayName}?`} onClose={props.onClose}>
    <p>They are signed out everywhere and get a new password that you hand over.</p>
    <footer class="form-end">
      <Button kind="plain" onClick={props.onClose}>
        Cancel
      </Button>
      <Button kind="danger" onClick={props.reset}>
        Reset password
      </Button>
    </footer>
  </Dialog>
)

const PersonRow = (props: {
  person: User
  status: string
  isMe: boolean
  children: preact.ComponentChildren
}) => {
  const { person, status, isMe } = props
  return (
    <li class={person.disabled ? 'row faded' : 'row'}>
      <Avatar id={person.id} name={person.displayName} />
      <div class="row-text">
        <b title={person.displayName}>
          {person.displayName}
          {isMe && ' (you)'}
        </b>
        <small>
          @{person.username} · {status}
        </small>
      </div>
      {props.children}
    </li>
  )
}

/** Everybody in the workspace; for admins also what they may do with them. */
export const PeoplePage = ({ people, isOnline, me, admin }: PeoplePageProps) => {
  const [isAdding, setAdding] = useState(false)
  const [resetting, setResetting] = useState<User>()
  const [secret, setSecret] = useState<Secret>()
  const [failure, setFailure] = useState<string>()
  const act: Act = async (run) => {
    setFailure(undefined)
    await run().catch((error: unknown) => setFailure(sentenceOf(error)))
  }
  const create = async (person: NewPerson) => {
    const made = await admin?.create(person)
    setAdding(false)
    if (made) setSecret({ name: made.user.displayName, password: made.password })
  }
  const reset = (person: User) =>
    act(async () => {
      setResetting(undefined)
      const password = await admin?.resetPassword(person.id)
      if (password) setSecret({ name: person.displayName, password })
    })
  return (
    <div class="page">
      <header class="page-head">
        <h1>People</h1>
        {admin && (
          <Button kind="gold" onClick={() => setAdding(true)}>
            <UserPlus size={16} aria-hidden="true" /> Add a person
          </Button>
        )}
      </header>
      <div class="page-body">
        <Failure>{failure}</Failure>
        <ul class="rows card">
          {people.map((person) => (
            <PersonRow
              key={person.id}
              person={person}
              status={statusOf(person, isOnline(person.id))}
              isMe={person.id === me.id}
            >
              {admin && person.id !== me.id && (
                <AdminActions
                  person={person}
                  admin={admin}
                  act={act}
                  onReset={() => setResetting(person)}
                />
              )}
            </PersonRow>
          ))}
        </ul>
        {people.length === 1 && admin && (
          <p class="page-hint">You are alone here. Add a person to start talking.</p>
        )}
      </div>
      {isAdding && <CreatePerson create={create} onClose={() => setAdding(false)} />}
      {resetting && (
        <ConfirmReset
          person={resetting}
          reset={() => void reset(resetting)}
          onClose={() => setResetting(undefined)}
        />
      )}
      {secret && <ShownOnce {...secret} onClose={() => setSecret(undefined)} />}
    </div>
  )
}
