import { useEffect, useMemo } from 'preact/hooks'
import { LocationProvider, useLocation } from 'preact-iso'
import type { User } from '../../lib/protocol/users.ts'
import { SignIn } from '../features/session/index.ts'
import { Button } from '../ui/Button.tsx'
import { AfterAWhile, Empty } from '../ui/Placeholders.tsx'
import { ToastContext, Toasts } from '../ui/Toasts.tsx'
import type { Shell } from './boot.ts'
import { WorkspaceContext } from './context.ts'
import { Frame } from './Frame.tsx'
import { createWorkspace } from './workspace.ts'

const SIGN_IN = '/sign-in'
const WANTED = 'wanted-page'

/** Keeps the address in step with who I am: the sign-in page for nobody, and back to where they wanted to go. */
const useDoor = ({ session, storage }: Shell) => {
  const { path, url, route } = useLocation()
  const { is } = session.state
  useEffect(() => {
    if (is === 'signed-out' && path !== SIGN_IN) {
      storage.write(WANTED, path === '/' ? undefined : url)
      route(SIGN_IN, true)
    }
    if (is === 'signed-in' && (path === SIGN_IN || path === '/')) {
      route(storage.read(WANTED) ?? '/channels', true)
      storage.write(WANTED, undefined)
    }
  }, [is, path])
}

const SignedIn = ({ shell, me }: { shell: Shell; me: User }) => {
  const workspace = useMemo(() => createWorkspace(shell, me), [shell, me.id])
  useEffect(() => workspace.dispose, [workspace])
  return (
    <WorkspaceContext.Provider value={workspace}>
      <Frame />
    </WorkspaceContext.Provider>
  )
}

const Unreachable = ({ retry }: { retry: () => void }) => (
  <main class="door">
    <Empty isPage title="Pyrite cannot be reached">
      <p>The server does not answer. Check your connection, then try again.</p>
      <Button kind="gold" onClick={retry}>
        Try again
      </Button>
    </Empty>
  </main>
)

const Doors = ({ shell }: { shell: Shell }) => {
  const { session } = shell
  useDoor(shell)
  const { path, url } = useLocation()
  const { is, me } = session.state
  if (is === 'signed-in' && me) return <SignedIn shell={shell} me={me} />
  if (is === 'signed-out') {
    const wanted = path === SIGN_IN ? shell.storage.read(WANTED) : url
    return <SignIn session={session} isForGalene={wanted?.startsWith('/in-galene/') ?? false} />
  }
  if (is === 'unreachable') return <Unreachable retry={() => void session.check()} />
  return (
    <AfterAWhile>
      <main class="door" aria-busy="true">
        <span class="mark large waiting" aria-hidden="true">
          P
        </span>
        <span class="hidden-words">Loading</span>
      </main>
    </AfterAWhile>
  )
}

export const App = ({ shell }: { shell: Shell }) => (
  <LocationProvider>
    <ToastContext.Provider value={shell.toasts}>
      <Doors shell={shell} />
    </ToastContext.Provider>
    <Toasts toasts={shell.toasts} />
  </LocationProvider>
)
