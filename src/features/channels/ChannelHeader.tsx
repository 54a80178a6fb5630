import type { ComponentChildren } from 'preact'
import type { MyChannel } from '../../../lib/protocol/channels.ts'
import { ArrowLeft, Users } from '../../ui/icons.tsx'
import { ChannelIcon } from './ChannelIcon.tsx'

export type ChannelHeaderProps = {
  channel: MyChannel
  onPanel: () => void
  /** The button that joins the call. */
  children?: ComponentChildren
}

const peopleIn = (count: number) => (count === 1 ? '1 person' : `${count} people`)

export const ChannelHeader = ({ channel, onPanel, children }: ChannelHeaderProps) => (
  <header class="channel-head">
    <a class="icon-button back" href="/channels" aria-label="All channels">
      <ArrowLeft size={20} />
    </a>
    <h1 title={channel.name}>
      <ChannelIcon isPrivate={channel.private} size={18} />
      <span class="channel-name">{channel.name}</span>
    </h1>
    <p class="topic" title={channel.topic}>
      {channel.topic}
    </p>
    <button
      class="button quiet members-button"
      type="button"
      onClick={onPanel}
      aria-label={`${peopleIn(channel.memberCount)}, channel settings`}
    >
      <Users size={16} aria-hidden="true" />
      <span>{peopleIn(channel.memberCount)}</span>
    </button>
    {channel.recording && (
      <span class="recording-mark" title="The call in this channel is being recorded">
        <i aria-hidden="true" />
        <span>Recording</span>
      </span>
    )}
    {children}
  </header>
)
