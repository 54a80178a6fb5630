import { useState } from 'preact/hooks'
import { sentenceOf } from '../../platform/request-error.ts'
import { Button } from '../../ui/Button.tsx'
import { Failure, Field } from '../../ui/Field.tsx'
import type { SessionStore } from './store.ts'

export type SignInProps = {
  session: SessionStore
  /** Galene's own page sent them here, to come back from. */
  isForGalene: boolean
}

const leadWords = ({ session, isForGalene }: SignInProps): string => {
  if (session.state.because) return session.state.because
  return isForGalene
    ? 'Then you go on to the call, in Galene’s page.'
    : 'Your team’s channels, with a call one click away.'
}

/** The door. */
export const SignIn = ({ session, isForGalene }: SignInProps) => {
  const [username, setUsername] = useState('')
  const [password, setPassword] = useState('')
  const [isBusy, setBusy] = useState(false)
  const [failure, setFailure] = useState<string>()

  const submit = async (event: Event) => {
    event.preventDefault()
    setBusy(true)
    setFailure(undefined)
    try {
      await session.signIn(username.trim().toLowerCase(), password)
    } catch (error) {
      setPassword('')
      setFailure(sentenceOf(error))
    }
    setBusy(false)
  }
  return (
    <main class="door">
      <form class="door-card" onSubmit={(event) => void submit(event)}>
        <span class="mark large" aria-hidden="true">
          P
        </span>
        <h1>Sign in to Pyrite</h1>
        <p class="door-lead">{leadWords({ session, isForGalene })}</p>
        <Field
          label="Username"
          name="username"
          value={username}
          onInput={setUsername}
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          required
          autofocus
        />
        <Field
          label="Password"
          name="password"
          type="password"
          value={password}
          onInput={setPassword}
          autocomplete="current-password"
          required
        />
        <Failure>{failure}</Failure>
        <Button kind="gold" type="submit" busy={isBusy} class="wide">
          {isBusy ? 'Signing in…' : 'Sign in'}
        </Button>
        <p class="door-note">No account yet? Ask an admin of your workspace to create one.</p>
      </form>
    </main>
  )
}
