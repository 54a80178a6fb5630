import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { CallSlot } from './call-parts.tsx'
import type { Workspace } from './workspace.ts'

export const WorkspaceContext = createContext<Workspace | undefined>(undefined)

/** The stores of whoever is signed in. Only for what is drawn inside the frame. */
export const useWorkspace = (): Workspace => {
  const workspace = useContext(WorkspaceContext)
  if (!workspace) throw new Error('drawn outside the frame')
  return workspace
}

export const CallContext = createContext<CallSlot | undefined>(undefined)

/** The call, once its code is loaded. */
export const useCall = (): CallSlot | undefined => useContext(CallContext)
