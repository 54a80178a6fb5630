import { useEffect, useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { slugIn } from './addresses.ts'
import { BottomBar } from './BottomBar.tsx'
import { ConnectionNotice } from './ConnectionNotice.tsx'
import { useCallLoader } from './call-slot.ts'
import { CallContext, useWorkspace } from './context.ts'
import { Dialogs, type OpenDialog } from './Dialogs.tsx'
import { ModerationDialog } from './moderation.tsx'
import { Routes } from './Routes.tsx'
import { SideBar } from './SideBar.tsx'
import type { Workspace } from './workspace.ts'

const useTitle = ({ channels, state }: Workspace, path: string) => {
  const channel = channels.get(slugIn(path) ?? '')
  const { unread } = channels
  const page = channel ? `${channel.name} · ${state.name}` : state.name
  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) ${page}` : page
  }, [unread, page])
}

const useJumpKey = (open: () => void) =>
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 'k') return
      event.preventDefault()
      open()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  })

/** Channels at the left, the page in the middle, the call at the right; on a phone one of them at a time. */
export const Frame = () => {
  const workspace = useWorkspace()
  const { path } = useLocation()
  const [dialog, setDialog] = useState<OpenDialog>()
  const calls = useCallLoader(workspace)
  const slot = calls.slot.value
  useTitle(workspace, path)
  useJumpKey(() => setDialog('jump'))
  const view = path === '/channels' ? 'list' : 'page'
  const here = slugIn(path)
  return (
    <CallContext.Provider value={calls}>
      <div class="frame" data-view={view}>
        <a class="skip" href="#page">
          Skip to the page
        </a>
        <SideBar path={path} open={setDialog} />
        <div class="call-line">{slot && <slot.Line here={here} />}</div>
        <main class="middle" id="page" tabIndex={-1}>
          <ConnectionNotice socket={workspace.socket} />
          <Routes path={path} open={setDialog} />
        </main>
        <div class="call-slot">{slot && <slot.Column />}</div>
        <BottomBar path={path} />
        {dialog && <Dialogs open={dialog} setOpen={setDialog} slug={here} />}
        <ModerationDialog />
      </div>
    </CallContext.Provider>
  )
}
