import { effect } from '@preact/signals'
import { deepSignal } from 'deepsignal'
import type { User } from '../../lib/protocol/users.ts'
import type { Workspace as Loaded } from '../../lib/protocol/workspace.ts'
import { type CallHistoryStore, createCallHistory } from '../features/calls-history/index.ts'
import { type ChannelsStore, createChannelsStore } from '../features/channels/index.ts'
import { type ChatStore, createChatStore } from '../features/chat/index.ts'
import { createModerationStore, type ModerationStore } from '../features/moderation/index.ts'
import { createPresenceStore, type PresenceStore } from '../features/presence/index.ts'
import { createBackoff } from '../platform/backoff.ts'
import { newId } from '../platform/ids.ts'
import { createSocket, type Socket } from '../platform/socket.ts'
import type { Shell } from './boot.ts'

/** Everything of one signed-in person, from the sign-in to the sign-out. */
export type Workspace = Shell & {
  state: { name: string; ready: boolean }
  socket: Socket
  presence: PresenceStore
  channels: ChannelsStore
  chat: ChatStore
  callHistory: CallHistoryStore
  moderation: ModerationStore
  /** The person who is signed in, as everybody sees them now. */
  readonly me: User
  dispose(): void
}

const socketUrl = () => `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`

/** The browser knows sooner than a time-out when the network goes and comes. */
const followNetwork = (socket: Socket): (() => void) => {
  const gone = () => socket.networkLost()
  const back = () => socket.retryNow?.()
  const looked = () => (document.hidden ? undefined : back())
  addEventListener('offline', gone)
  addEventListener('online', back)
  document.addEventListener('visibilitychange', looked)
  return () => {
    removeEventListener('offline', gone)
    removeEventListener('online', back)
    document.removeEventListener('visibilitychange', looked)
  }
}

/** A lost connection may mean that the session is over, which only HTTP can tell. */
const followSession = ({ session }: Shell, socket: Socket): (() => void) =>
  effect(() => {
    if (socket.state.is === 'signed-out') session.sessionEnded()
    if (socket.state.is === 'waiting') void session.check()
  })

const createStores = ({ storage, log }: Shell, me: User) => {
  const socket = createSocket({
    open: () => new WebSocket(socketUrl()),
    backoff: createBackoff({ random: Math.random }),
    now: Date.now,
    onBug: log.bug,
  })
  const presence = createPresenceStore({ wire: socket })
  const callHistory = createCallHistory({ wire: socket })
  const channels = createChannelsStore({ wire: socket, me: () => me.id })
  const chat = createChatStore({
    wire: socket,
    storage,
    me: () => me.id,
    onPosted: channels.posted,
    newId,
    now: () => new Date(),
  })
  const moderation = createModerationStore({ wire: socket, me: () => me.id, now: () => new Date() })
  return { socket, presence, channels, chat, callHistory, moderation }
}

/** Connects, loads, and loads again after each reconnect. `me` is who signed in. */
export const createWorkspace = (shell: Shell, me: User): Workspace => {
  const stores = createStores(shell, me)
  const { socket, presence, channels, chat, callHistory, moderation } = stores
  const state = deepSignal({ name: 'Pyrite', ready: false })
  const load = async () => {
    try {
      const loaded = await socket.request<Loaded>('workspace.load')
      presence.loaded(loaded.users, loaded.online)
      channels.loaded(loaded.channels, loaded.open)
      chat.resumed(loaded.channels)
      callHistory.resumed(loaded.channels)
      moderation.resumed()
      state.name = loaded.name
      state.ready = true
    } catch {
      // Without the workspace the connection is of no use: the next one loads it.
      socket.networkLost()
    }
  }
  const offs = [
    socket.on('hello', () => void load()),
    socket.on('users.changed', shell.session.userChanged),
    followNetwork(socket),
    followSession(shell, socket),
  ]
  socket.connect()
  return {
    ...shell,
    ...stores,
    state,
    get me() {
      return shell.session.state.me ?? me
    },
    dispose() {
      for (const off of offs) off()
      for (const store of [moderation, callHistory, chat, channels, presence, socket])
        store.dispose()
    },
  }
}
