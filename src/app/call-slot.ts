import { signal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import type { CallSlot } from './call-parts.tsx'
import type { Workspace } from './workspace.ts'

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
        const { createCallSlot } = await import('./call-parts.tsx')
        if (!isGone) slot.value = createCallSlot(workspace)
      } catch (error) {
        workspace.log.bug(error)
        workspace.toasts.fail('Calls could not be loaded. Reload Pyrite to try again.')
      }
    }
    const cancel = whenIdle(() => void load())
    return () => {
      isGone = true
      cancel()
      slot.value?.dispose()
    }
  }, [slot, workspace])
  return slot.value
}
