import { useState } from 'preact/hooks'
import { MAX_DISPLAY_NAME_LENGTH, MIN_PASSWORD_LENGTH } from '../../../lib/protocol/limits.ts'
import type { SessionSummary, User } from '../../../lib/protocol/users.ts'
import { sentenceOf } from '../../platform/request-error.ts'
import { Avatar } from '../../ui/Avatar.tsx'
import { Button } from '../../ui/Button.tsx'
import { momentOf } from '../../ui/dates.ts'
import { Failure, Field } from '../../ui/Field.tsx'
import { LogOut, Monitor, Moon, Smartphone, Sun, Video } from '../../ui/icons.tsx'
import { Skeleton } from '../../ui/Placeholders.tsx'
import { deviceName } from './device-name.ts'
import type { SettingsStore } from './store.ts'
import type { Theme, ThemeStore } from './theme.ts'

export type SettingsPageProps = {
  settings: SettingsStore
  theme: ThemeStore
  me: User
  signOut: () => Promise<void>
  /** My session is over on the server. */
  onSignedOut: () => void
  say: (text: string) => void
}

const useAttempt = () => {
  const [failure, setFailure] = useState<string>()
  const [isBusy, setBusy] = useState(false)
  const attempt = async (act: () => Promise<void>) => {
    setFailure(undefined)
    setBusy(true)
    await act().catch((error: unknown) => setFailure(sentenceOf(error)))
    setBusy(false)
  }
  return { failure, isBusy, attempt }
}

const Profile = ({ settings, me, say }: SettingsPageProps) => {
  const [name, setName] = useState(me.displayName)
  const { failure, isBusy, attempt } = useAttempt()
  const isChanged = name.trim() !== '' && name.trim() !== me.displayName
  const save = async () => {
    await settings.rename(name.trim())
    say('Your name is changed.')
  }
  return (
    <section class="card">
      <h2>Profile</h2>
      <div class="profile">
        <Avatar id={me.id} name={me.displayName} size="large" />
        <p>
          <b>{me.displayName}</b>
          <small>
            @{me.username}
            {me.role === 'admin' && ' · admin'}
          </small>
        </p>
      </div>
      <form
        class="form inline"
        onSubmit={(event) => {
          event.preventDefault()
          void attempt(save)
        }}
      >
        <Field
          label="Display name"
          value={name}
          onInput={setName}
          maxLength={MAX_DISPLAY_NAME_LENGTH}
          autocomplete="name"
        />
        <Button kind="gold" type="submit" busy={isBusy || !isChanged}>
          Save
        </Button>
      </form>
      <Failure>{failure}</Failure>
    </section>
  )
}

const Password = ({ settings, me, say }: SettingsPageProps) => {
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const { failure, isBusy, attempt } = useAttempt()
  const save = async () => {
    await settings.changePassword(current, next)
    setCurrent('')
    setNext('')
    say('Your password is changed. Your other devices are signed out.')
  }
  return (
    <section class="card">
      <h2>Password</h2>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault()
          void attempt(save)
        }}
      >
        <input type="text" name="username" autocomplete="username" value={me.username} hidden />
        <Field
          label="Current password"
          type="password"
          value={current}
          onInput={setCurrent}
          autocomplete="current-password"
          required
        />
        <Field
          label="New password"
          type="password"
          value={next}
          onInput={setNext}
          minLength={MIN_PASSWORD_LENGTH}
          autocomplete="new-password"
          hint={`At least ${MIN_PASSWORD_LENGTH} characters. Your other devices are signed out.`}
          required
        />
        <Failure>{failure}</Failure>
        <footer class="form-end">
          <Button type="submit" busy={isBusy || current === '' || next === ''}>
            Change password
          </Button>
        </footer>
      </form>
    </section>
  )
}

const Device = ({ session, end }: { session: SessionSummary; end: () => void }) => (
  <li class="row">
    <span class="row-icon">
      {/Mobi|Android|iPhone/.test(session.userAgent) ? <Smartphone /> : <Monitor />}
    </span>
    <div class="row-text">
      <b>{deviceName(session.userAgent)}</b>
      <small>{session.current ? 'This device' : `Last seen ${momentOf(session.lastSeenAt)}`}</small>
    </div>
    {!session.current && <Button onClick={end}>Sign out</Button>}
  </li>
)

const Devices = ({ settings, signOut, onSignedOut }: SettingsPageProps) => {
  const { failure, attempt } = useAttempt()
  const { devices, sessions, because } = settings.state
  const everywhere = async () => {
    await settings.signOutEverywhere()
    onSignedOut()
  }
  return (
    <section class="card">
      <h2>Devices</h2>
      {devices === 'loading' && <Skeleton lines={2} what="devices" />}
      {devices === 'failed' && <Failure>{because}</Failure>}
      <ul class="rows">
        {sessions.map((session) => (
          <Device
            key={session.id}
            session={session}
            end={() => void attempt(() => settings.endSession(session.id))}
          />
        ))}
      </ul>
      <Failure>{failure}</Failure>
      <footer class="form-end">
        <Button class="ends" onClick={() => void attempt(everywhere)}>
          Sign out everywhere
        </Button>
        <Button onClick={() => void attempt(signOut)}>
          <LogOut size={16} aria-hidden="true" /> Sign out
        </Button>
      </footer>
    </section>
  )
}

const themes: [Theme, string, typeof Sun][] = [
  ['system', 'As the system', Monitor],
  ['light', 'Light', Sun],
  ['dark', 'Dark', Moon],
]

const Appearance = ({ theme }: { theme: ThemeStore }) => (
  <section class="card">
    <h2>Appearance</h2>
    <div class="segments" role="radiogroup" aria-label="Theme">
      {themes.map(([key, name, Icon]) => (
        <label key={key} class={theme.state.chosen === key ? 'segment chosen' : 'segment'}>
          <input
            type="radio"
            name="theme"
            value={key}
            checked={theme.state.chosen === key}
            onChange={() => theme.choose(key)}
          />
          <Icon size={16} aria-hidden="true" />
          {name}
        </label>
      ))}
    </div>
  </section>
)

const Administration = () => (
  <section class="card" aria-label="Administration">
    <h2>Administration</h2>
    <div class="row">
      <span class="row-icon">
        <Video aria-hidden="true" />
      </span>
      <div class="row-text">
        <b>Calls</b>
        <small>What carries them, and whether it works</small>
      </div>
      <a class="button quiet" href="/admin/calls">
        Open
      </a>
    </div>
  </section>
)

/** Me, my password, my devices, and how Pyrite looks in this browser. */
export const SettingsPage = (props: SettingsPageProps) => (
  <div class="page">
    <header class="page-head">
      <h1>Settings</h1>
    </header>
    <div class="page-body">
      <Profile {...props} />
      <Appearance theme={props.theme} />
      <Password {...props} />
      <Devices {...props} />
      {props.me.role === 'admin' && <Administration />}
    </div>
  </div>
)
