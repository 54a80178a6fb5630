import { useEffect, useMemo } from 'preact/hooks'
import { type CallLoader, createCallLoader } from './call-loader.ts'
import type { Workspace } from './workspace.ts'

const whenIdle = (run: () => void): (() => void) => {
  if (!('requestIdleCallback' in globalThis)) {
    const timer = setTimeout(run, 300)
    return () => clearTimeout(timer)
  }
  const idle = requestIdleCallback(run, { timeout: 1_000 })
  return () => cancelIdleCallback(idle)
}

/** Loads what calls need after the first screen is drawn. Leaves the call with the person. */
export const useCallLoader = (workspace: Workspace): CallLoader => {
  const loader = useMemo(
    () =>
      createCallLoader({
        importSlot: async () => (await import('./call-parts.tsx')).createCallSlot(workspace),
        toasts: workspace.toasts,
        onBug: workspace.log.bug,
      }),
    [workspace],
  )
  useEffect(() => {
    const cancel = whenIdle(() => void loader.start())
    return () => {
      cancel()
      loader.dispose()
    }
  }, [loader])
  return loader
}
