import { ErrorBoundary, lazy, Route, Router } from 'preact-iso'
import { Button } from '../ui/Button.tsx'
import { Empty } from '../ui/Placeholders.tsx'
import { ChannelPage } from './ChannelPage.tsx'
import { ChannelsHome } from './ChannelsHome.tsx'
import { useWorkspace } from './context.ts'
import type { OpenDialog } from './Dialogs.tsx'

const PeopleRoute = lazy(() => import('./pages.tsx').then(({ PeopleRoute: page }) => page))
const CallsRoute = lazy(() => import('./pages.tsx').then(({ CallsRoute: page }) => page))
const InGalene = lazy(() => import('./pages.tsx').then(({ InGalene: page }) => page))
const SettingsRoute = lazy(() => import('./pages.tsx').then(({ SettingsRoute: page }) => page))

export const NotFound = () => (
  <div class="page">
    <Empty isPage title="There is nothing at this address">
      <p>It may have been removed, or it is private.</p>
      <a class="button gold" href="/channels">
        Go to your channels
      </a>
    </Empty>
  </div>
)

const isReadable = (path: string): boolean => {
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}

/** Which page an address shows. */
export const Routes = ({ path, open }: { path: string; open: (dialog: OpenDialog) => void }) => {
  const { log, toasts, me } = useWorkspace()
  // A page that cannot be loaded is usually one of an older version.
  const onError = (error: unknown) => {
    log.bug(error)
    toasts.fail('That page could not be loaded. Reload Pyrite and try again.')
  }
  if (!isReadable(path)) return <NotFound />
  return (
    <ErrorBoundary onError={onError}>
      <Router>
        <Route path="/channels" component={ChannelsHome} open={open} />
        <Route path="/channels/:channelSlug" component={ChannelPage} open={open} />
        <Route path="/people" component={PeopleRoute} />
        <Route path="/admin/calls" component={me.role === 'admin' ? CallsRoute : NotFound} />
        <Route path="/settings" component={SettingsRoute} />
        <Route path="/in-galene/:channelSlug" component={InGalene} />
        <Route path="/" component={Nothing} />
        <Route path="/sign-in" component={Nothing} />
        <Route default component={NotFound} />
      </Router>
    </ErrorBoundary>
  )
}

/** On the way to another address. */
const Nothing = () => <Button class="hidden-words">Loading</Button>
