import { createSessionStore, type SessionStore } from '../features/session/index.ts'
import { createTheme, type ThemeStore } from '../features/settings/index.ts'
import { createHttp, type Http } from '../platform/http.ts'
import { createLog, type Log } from '../platform/log.ts'
import { createStorage, type Storage } from '../platform/storage.ts'
import { createToasts, type ToastList } from '../ui/toasts.ts'

/** What is there before anybody signed in. */
export type Shell = {
  http: Http
  storage: Storage
  log: Log
  toasts: ToastList
  session: SessionStore
  theme: ThemeStore
}

/** Made once, when the page starts; asks at once who I am. */
export const createShell = (): Shell => {
  const http = createHttp({ fetch: globalThis.fetch.bind(globalThis) })
  const storage = createStorage(() => localStorage)
  const session = createSessionStore({ http })
  void session.check()
  return {
    http,
    storage,
    session,
    log: createLog({ report: globalThis.reportError.bind(globalThis) }),
    toasts: createToasts(),
    theme: createTheme({ storage, root: document.documentElement }),
  }
}
