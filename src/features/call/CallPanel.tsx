import { ChevronDown } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useCallback } from 'preact/hooks'
import { Button, IconButton } from '../../ui/Button.tsx'
import { Controls } from './Controls.tsx'
import { PreJoin } from './PreJoin.tsx'
import { RecordingLine } from './Recording.tsx'
import { Stage } from './Stage.tsx'
import { StateLine } from './StateLine.tsx'
import type { CallStore } from './store.ts'
import { TileView } from './TileView.tsx'
import { type Tile, tilesFor } from './tiles.ts'
import type { RecordingView } from './words.ts'

export type CallPanelProps = {
  call: CallStore
  recording: RecordingView
  /** Entries of the menu on another participant's tile. */
  menuFor?: (participantId: string) => ComponentChildren
  /** Whether somebody for whom the call ended may come back. */
  mayComeBack?: boolean
  /** Why I cannot come in now. */
  shut?: string | undefined
  /** Between the state and the strip: files on their way. */
  children?: ComponentChildren
}

type EndedProps = { call: CallStore; mayComeBack: boolean; shut: string | undefined }

const Ended = ({ call, mayComeBack, shut }: EndedProps) => {
  const { connection, channel } = call.state
  const again = channel && (() => call.prepare(channel))
  return (
    <section class="call-ended">
      <h2>The call is over for you</h2>
      <p role="status">{connection.is === 'ended' && connection.because}</p>
      <div role="status">{shut && <p class="shut">{shut}</p>}</div>
      <div class="pre-join-actions">
        {mayComeBack && (
          <Button kind="go" onClick={again}>
            Join again
          </Button>
        )}
        <Button onClick={call.close}>Close</Button>
      </div>
    </section>
  )
}

/** The sound of a shared screen is nobody speaking. */
const speaks = ({ kind, participant }: Tile, speaking: ReadonlySet<string>): boolean =>
  kind === 'camera' && !participant.muted && speaking.has(participant.id)

const InCall = ({ call, recording, menuFor, children }: CallPanelProps) => {
  const { participants, streams, speaking, stage } = call.state
  const tiles = tilesFor(participants, streams)
  const staged = tiles.find(({ key }) => key === stage)
  const close = useCallback(() => call.enlarge(undefined), [call])
  return (
    <>
      <Controls call={call} recording={recording} />
      <StateLine call={call} />
      <RecordingLine recording={recording} />
      {children}
      <div class="pictures">
        {staged && <Stage tile={staged} onClose={close} />}
        <ul class="strip" aria-label="In the call">
          {tiles.map((tile) => (
            <TileView
              key={tile.key}
              tile={tile}
              isSpeaking={speaks(tile, speaking)}
              onEnlarge={() => call.enlarge(tile.key === stage ? undefined : tile.key)}
              menu={tile.participant.isMe ? undefined : menuFor?.(tile.participant.id)}
            />
          ))}
        </ul>
        {participants.filter(({ isDevice }) => !isDevice).length === 1 && (
          <p class="alone">
            You are the only one here. Others see in the channel list that you are.
          </p>
        )}
      </div>
    </>
  )
}

/** The right column: before the call, the call, or why it ended. Nothing when there is none. */
export const CallPanel = (props: CallPanelProps) => {
  const { call, recording, menuFor, mayComeBack = true, shut, children } = props
  const { phase, open, stage, channel, streams, participants } = call.state
  if (phase === 'idle') return null
  const isStaged =
    phase === 'in-call' && tilesFor(participants, streams).some(({ key }) => key === stage)
  return (
    <aside
      class={`call-panel ${open ? 'open' : ''} ${isStaged ? 'staged' : ''}`}
      aria-label={`Call in ${channel?.name ?? ''}`}
    >
      <header class="call-panel-head">
        <IconButton label="Back to the chat" onClick={() => call.setOpen(false)}>
          <ChevronDown size={20} />
        </IconButton>
        <span class="call-panel-name" title={channel?.name}>
          {channel?.name}
        </span>
      </header>
      {phase === 'preparing' && <PreJoin call={call} recording={recording} shut={shut} />}
      {phase === 'ended' && <Ended call={call} mayComeBack={mayComeBack} shut={shut} />}
      {phase === 'in-call' && (
        <InCall call={call} recording={recording} {...(menuFor && { menuFor })}>
          {children}
        </InCall>
      )}
    </aside>
  )
}
