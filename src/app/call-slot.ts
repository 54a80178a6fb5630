import { signal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import type * as CallParts from './call-parts.tsx'
import type { Workspace } from './workspace.ts'

/** The call's code and store, once they are loaded. */
export type CallSlot = { parts: typeof CallParts; call: CallParts.CallStore }

const whenIdle = (run: () => void): (() => void) => {
  if (!('requestIdleCallback' in globalThis)) {
    const timer = setTimeout(run, 300)
    return () => clearTimeout(timer)
  }
  const idle = requestIdleCallback(run, { timeout: 1_000 })
  return () => cancelIdleCallback(idle)
}

/** Loads what calls need after the first screen is drawn; undefined until then. Leaves the call with the person. */
export const useCallSlot = (workspace: Workspace): CallSlot | undefined => {
  const slot = useMemo(() => signal<CallSlot | undefined>(undefined), [workspace])
  useEffect(() => {
    let isGone = false
    const load = async () => {
      try {
        const parts = await import('./call-parts.tsx')
        if (!isGone) slot.value = { parts, call: parts.createCall(workspace) }
      } catch (error) {
        workspace.log.bug(error)
        workspace.toasts.fail('Calls could not be loaded. Reload Pyrite to try again.')
      }
    }
    const cancel = whenIdle(() => void load())
    return () => {
      isGone = true
      cancel()
      slot.value?.call.dispose()
    }
  }, [slot, workspace])
  return slot.value
}
