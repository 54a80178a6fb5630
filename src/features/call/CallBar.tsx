import { Video } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { Button } from '../../ui/Button.tsx'
import { LeaveControl, MuteControl } from './Controls.tsx'
import type { CallChannel } from './state.ts'
import type { CallStore } from './store.ts'
import { stateWords } from './words.ts'

export type CallBarProps = {
  call: CallStore
  /** Slug of the channel on show, where one is. */
  here: string | undefined
}

/** The call in one line, which leads back to it: while another channel is on show, and always on a phone. */
export const CallBar = ({ call, here }: CallBarProps) => {
  const { phase, channel, connection, stats, open } = call.state
  if (phase !== 'in-call' || !channel) return null
  const isAway = here !== channel.slug
  return (
    <section
      class={`call-bar ${isAway ? 'away' : ''} ${open ? 'covered' : ''}`}
      aria-label="Your call"
    >
      <a
        class="call-bar-link"
        href={`/channels/${channel.slug}`}
        onClick={() => call.setOpen(true)}
      >
        <Video size={16} aria-hidden="true" />
        <span>
          <b>{isAway ? `Back to the call in ${channel.name}` : channel.name}</b>
          <small>{stateWords(connection, stats, Date.now())}</small>
        </span>
      </a>
      <div class="call-bar-controls">
        <MuteControl call={call} />
        <LeaveControl call={call} />
      </div>
    </section>
  )
}

export type JoinButtonProps = {
  call: CallStore
  channel: CallChannel
  /** People in the channel's call now. */
  count: number
  /** What stands in its place where I may not come in. */
  instead?: ComponentChildren
}

/** Opens the panel before joining; in this channel's call already, leads to it on a phone. */
export const JoinButton = ({ call, channel, count, instead }: JoinButtonProps) => {
  const { phase, channel: current } = call.state
  const isHere = current?.slug === channel.slug && phase !== 'idle' && phase !== 'ended'
  if (isHere)
    return (
      <Button class="show-call" onClick={() => call.setOpen(true)}>
        Show call
      </Button>
    )
  if (instead) return <>{instead}</>
  const others = phase === 'in-call' && current ? `Leaves the call in ${current.name}` : undefined
  return (
    <Button
      kind="go"
      onClick={() => call.prepare({ slug: channel.slug, name: channel.name })}
      {...(others && { title: others })}
    >
      <Video size={16} aria-hidden="true" />
      <span>Join call</span>
      {count > 0 && <span class="join-count">{count}</span>}
    </Button>
  )
}
