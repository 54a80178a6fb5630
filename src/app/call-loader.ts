import { type ReadonlySignal, signal } from '@preact/signals'
import type { CallChannel } from '../features/call/index.ts'
import type { ToastList } from '../ui/toasts.ts'
import type { CallSlot } from './call-parts.tsx'

export type CallLoaderNeeds = {
  /** Fetches the code behind calls, and makes the call of whoever is signed in. Rejects when it does not come. */
  importSlot: () => Promise<CallSlot>
  toasts: Pick<ToastList, 'fail'>
  onBug: (error: unknown) => void
}

/** The code behind calls, on its way or here. */
export type CallLoader = {
  slot: ReadonlySignal<CallSlot | undefined>
  /** Trying again did not help: the files are gone with an older version, or the browser remembers the failure until a reload. */
  needsReload: ReadonlySignal<boolean>
  /** In the background. Tells nobody when it fails: the person may not want to call. */
  start(): Promise<void>
  /** Somebody wants to call: tries, again if need be, opens the panel before joining, and says so when it cannot. */
  open(channel: CallChannel): Promise<void>
  /** Leaves the call. */
  dispose(): void
}

const AGAIN = 'Calls could not be loaded. Check your connection, then try again.'
const RELOAD =
  'Calls still cannot be loaded. Pyrite may have a new version: reload the page to get it.'

export const createCallLoader = ({ importSlot, toasts, onBug }: CallLoaderNeeds): CallLoader => {
  const slot = signal<CallSlot | undefined>(undefined)
  const needsReload = signal(false)
  let loading: Promise<CallSlot | undefined> | undefined
  let isGone = false
  let failures = 0

  const fetchSlot = async () => {
    try {
      const made = await importSlot()
      if (isGone) made.dispose()
      else slot.value = made
    } catch (error) {
      failures += 1
      onBug(error)
    }
    loading = undefined
    return slot.value
  }
  const load = () => {
    loading ??= fetchSlot()
    return loading
  }
  return {
    slot,
    needsReload,
    async start() {
      if (!isGone) await load()
    },
    async open(channel) {
      const isRetry = failures > 0
      const made = slot.value ?? (await load())
      if (isGone) return
      if (made) return made.prepare(channel)
      needsReload.value = isRetry
      toasts.fail(isRetry ? RELOAD : AGAIN)
    },
    dispose() {
      isGone = true
      slot.value?.dispose()
      slot.value = undefined
    },
  }
}
