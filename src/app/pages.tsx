import { useEffect, useMemo } from 'preact/hooks'
import {
  CallsPage,
  createAdminStore,
  createCallsStore,
  PeoplePage,
} from '../features/admin/index.ts'
import { createSettingsStore, SettingsPage } from '../features/settings/index.ts'
import { useWorkspace } from './context.ts'

// One file for what few open: each entry of its own would split what it shares with the rest into one more request of the first load.
export { ChannelLogPart, ChannelMediaPart } from './channel-media.tsx'
export { InGalene } from './InGalene.tsx'

/** Everybody, and for admins what they may do with them. */
export const PeopleRoute = () => {
  const { http, presence, me } = useWorkspace()
  const admin = useMemo(
    () => createAdminStore({ http, onUserChanged: presence.userChanged }),
    [http, presence],
  )
  return (
    <PeoplePage
      people={presence.state.users}
      isOnline={presence.isOnline}
      me={me}
      admin={me.role === 'admin' ? admin : undefined}
    />
  )
}

/** What carries calls, and whether it works: for admins. */
export const CallsRoute = () => {
  const { http, channels } = useWorkspace()
  const store = useMemo(() => createCallsStore({ http, origin: location.origin }), [http])
  useEffect(() => store.dispose, [store])
  const isPrivate = (slug: string) => channels.get(slug)?.private ?? false
  return <CallsPage store={store} isPrivate={isPrivate} />
}

/** Me and this browser. */
export const SettingsRoute = () => {
  const workspace = useWorkspace()
  const { http, session, storage, theme, toasts, me } = workspace
  const settings = useMemo(
    () => createSettingsStore({ http, me: () => workspace.me, onUserChanged: session.userChanged }),
    [workspace],
  )
  // What was typed on this machine leaves with the person.
  const forget = () => storage.forgetAll(`draft:${me.id}:`)
  return (
    <SettingsPage
      settings={settings}
      theme={theme}
      me={me}
      signOut={() => session.signOut().then(forget)}
      onSignedOut={() => {
        forget()
        session.sessionEnded()
      }}
      say={toasts.say}
    />
  )
}
