import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { CallLoader } from './call-loader.ts'
import type { Workspace } from './workspace.ts'

export const WorkspaceContext = createContext<Workspace | undefined>(undefined)

/** The stores of whoever is signed in. Only for what is drawn inside the frame. */
export const useWorkspace = (): Workspace => {
  const workspace = useContext(WorkspaceContext)
  if (!workspace) throw new Error('drawn outside the frame')
  return workspace
}

export const CallContext = createContext<CallLoader | undefined>(undefined)

/** The call, or the code behind it on its way. Only for what is drawn inside the frame. */
export const useCall = (): CallLoader => {
  const loader = useContext(CallContext)
  if (!loader) throw new Error('drawn outside the frame')
  return loader
}
