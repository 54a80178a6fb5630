import { deepSignal, type Shallow, shallow } from 'deepsignal'
import type { CallDevice } from '../../../lib/protocol/channels.ts'
import type {
  NewWhipKey,
  Recording,
  RecordingList,
  WhipKey,
  WhipKeyList,
} from '../../../lib/protocol/recordings.ts'
import type { SfuStatus } from '../../../lib/protocol/workspace.ts'
import type { Http } from '../../platform/http.ts'
import { RequestError, sentenceOf } from '../../platform/request-error.ts'
import type { Wire } from '../../platform/socket.ts'

/** A list that is on its way, here, or did not come. `because` is for people. */
export type Listed<T> = { is: 'loading' | 'ready' | 'failed'; items: Shallow<T[]>; because: string }

export type RecordingsState = {
  recordings: Listed<Recording>
  keys: Listed<WhipKey>
  /** What the call server can do; undefined until it is known. */
  can: Shallow<{ record: boolean; whip: boolean }> | undefined
}

export type RecordingsNeeds = {
  wire: Wire
  http: Pick<Http, 'get'>
  channelSlug: string
  /** Keys are for those who manage the channel. */
  canManage: boolean
}

/** The call server hands out no recordings: that is how it is, and no failure. */
const isUnsupported = (error: unknown): boolean =>
  error instanceof RequestError && error.code === 'calls.not-supported'

const nothing = <T>(): Listed<T> => ({ is: 'loading', items: shallow([]), because: '' })

/** Fills a list, unless it is asked for anew meanwhile. Where it did not come, the last one stays on show. */
const fill = async <T>(list: Listed<T>, ask: () => Promise<T[]>, isNewest: () => boolean) => {
  if (list.is === 'failed' && list.items.length === 0) list.is = 'loading'
  try {
    const items = await ask()
    if (!isNewest()) return
    list.items = shallow(items)
    list.is = 'ready'
  } catch (error) {
    if (!isNewest()) return
    list.because = isUnsupported(error) ? (error as RequestError).message : sentenceOf(error)
    list.is = 'failed'
  }
}

/**
 * Answers what asks for a list, and resolves when it is as new as that. Answers may overtake each other: only that to the newest
 * question counts, and all wait for it.
 */
const filling = <T>(list: Listed<T>, ask: () => Promise<T[]>) => {
  let newest: Promise<void> | undefined
  return (): Promise<void> => {
    const isNewest = (): boolean => newest === mine
    const mine: Promise<void> = fill(list, ask, isNewest).then(() =>
      isNewest() ? undefined : newest,
    )
    newest = mine
    return mine
  }
}

/** Where the bytes of a recording are. */
export const addressOf = (channelSlug: string, { name }: Recording): string =>
  `/api/channels/${channelSlug}/recordings/${encodeURIComponent(name)}`

/** What was recorded of one channel, and the keys its devices publish with, kept true while somebody looks. */
export const createRecordings = ({ wire, http, channelSlug, canManage }: RecordingsNeeds) => {
  const state = deepSignal<RecordingsState>({
    recordings: nothing(),
    keys: nothing(),
    can: undefined,
  })
  const here = { channelSlug }
  const loadRecordings = filling(
    state.recordings,
    async () => (await wire.request<RecordingList>('recordings.list', here)).recordings,
  )
  const fillKeys = filling(
    state.keys,
    async () => (await wire.request<WhipKeyList>('whip.keys', here)).keys,
  )
  const loadKeys = async () => {
    if (canManage) await fillKeys()
  }
  let wasRecording = false
  const loadAbilities = async () => {
    const status = await http.get<SfuStatus>(`/api/channels/${channelSlug}/sfu_status`)
    state.can = shallow(status.can ?? { record: false, whip: false })
    wasRecording ||= status.recording
  }
  const offs = [
    wire.on('recordings.changed', (news) => {
      if (news.channelSlug === channelSlug) void loadRecordings()
    }),
    wire.on('calls.status', ({ channelSlug: slug, status }) => {
      if (slug !== channelSlug) return
      if (status.can) state.can = shallow(status.can)
      // A key says whether it publishes.
      void loadKeys()
      // What was recorded is finished now.
      if (wasRecording && !status.recording) void loadRecordings()
      wasRecording = status.recording
    }),
  ]
  // Without an answer nothing is offered; the sections that need one say so themselves.
  loadAbilities().catch(() => null)
  void loadRecordings()
  void loadKeys()
  return {
    state,
    /** After a failure. */
    reload() {
      void loadRecordings()
      void loadKeys()
    },
    /** Rejects with the refusal. */
    async remove({ name }: Recording): Promise<void> {
      await wire.request('recordings.delete', { channelSlug, name })
      await loadRecordings()
    },
    /** Answers the one time the secret is shown. Rejects with the refusal. */
    async createKey(name: string): Promise<NewWhipKey> {
      const made = await wire.request<NewWhipKey>('whip.create-key', { channelSlug, name })
      await loadKeys()
      return made
    },
    /** Rejects with the refusal. */
    async revokeKey({ id }: WhipKey): Promise<void> {
      await wire.request('whip.revoke-key', { channelSlug, keyId: id })
      await loadKeys()
    },
    /** Ends what a device streams now; its key stays good. Rejects with the refusal. */
    async endStream({ id }: CallDevice): Promise<void> {
      await wire.request('whip.end-stream', { channelSlug, keyId: id })
    },
    dispose() {
      for (const off of offs) off()
    },
  }
}
export type RecordingsStore = ReturnType<typeof createRecordings>
