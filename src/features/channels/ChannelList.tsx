import { useEffect, useState } from 'preact/hooks'
import type { MyChannel } from '../../../lib/protocol/channels.ts'
import { Avatar } from '../../ui/Avatar.tsx'
import { Button, IconButton } from '../../ui/Button.tsx'
import { lengthOf } from '../../ui/dates.ts'
import { DeviceMark, deviceWords } from '../../ui/devices.tsx'
import { Compass, Plus } from '../../ui/icons.tsx'
import { Skeleton } from '../../ui/Placeholders.tsx'
import { ChannelIcon } from './ChannelIcon.tsx'
import type { People } from './people.ts'
import type { ChannelsStore } from './store.ts'
import { Unread } from './Unread.tsx'

/** Beside them the words have room, which say how many there are. */
const MOST_FACES = 3

/** The time, kept fresh enough for whole minutes. */
const useMinutes = (): number => {
  const [now, setNow] = useState(Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 20_000)
    return () => clearInterval(timer)
  }, [])
  return now
}

/** Who is in the call and since when, and which devices stream into it: a device alone is on air, and nobody is in a call. */
const callOf = ({ call, devices = [] }: MyChannel) => {
  const isCall = call.length > 0
  const since = isCall ? call.map(({ joinedAt }) => joinedAt) : devices.map(({ since }) => since)
  return {
    userIds: [...new Set(call.map(({ userId }) => userId))],
    startedAt: Math.min(...since.map((at) => Date.parse(at))),
    label: isCall ? 'In the call' : 'Streaming',
    deviceNames: devices.map(({ name }) => name),
  }
}

const InCall = ({ channel, people }: { channel: MyChannel; people: People }) => {
  const now = useMinutes()
  const { userIds, startedAt, label, deviceNames } = callOf(channel)
  const names = [...userIds.map((id) => people.nameOf(id)), ...deviceNames].join(', ')
  const devices = deviceNames.length > 0 && deviceWords(deviceNames.length)
  return (
    <span class="in-call" title={`${label}: ${names}`}>
      <span class="faces">
        {userIds.length === 0 && <DeviceMark size="small" />}
        {userIds.slice(0, MOST_FACES).map((id) => (
          <Avatar key={id} id={id} name={people.nameOf(id)} size="small" />
        ))}
      </span>
      <span class="in-call-words">
        {userIds.length > 0 ? `In a call · ${userIds.length}` : 'Live'}
        {devices && ` · ${devices}`}
        {!(devices && userIds.length > 0) && (
          <span class="in-call-time"> · {lengthOf(startedAt, now)}</span>
        )}
      </span>
      <span class="hidden-words">: {names}</span>
    </span>
  )
}

const ChannelLink = (props: { channel: MyChannel; isCurrent: boolean; people: People }) => {
  const { channel, isCurrent, people } = props
  const name = ['channel-link', isCurrent && 'current', channel.unread > 0 && 'unread']
  return (
    <li>
      <a
        class={name.filter(Boolean).join(' ')}
        href={`/channels/${channel.slug}`}
        aria-current={isCurrent ? 'page' : undefined}
      >
        <ChannelIcon isPrivate={channel.private} />
        <span class="channel-name" title={channel.name}>
          {channel.name}
        </span>
        <Unread count={channel.unread} />
        {(channel.call.length > 0 || (channel.devices?.length ?? 0) > 0) && (
          <InCall channel={channel} people={people} />
        )}
      </a>
    </li>
  )
}

export type ChannelListProps = {
  channels: ChannelsStore
  people: People
  current: string | undefined
  onCreate: () => void
  onBrowse: () => void
}

/** My channels, how much is unread in each, and who is in its call now. */
export const ChannelList = ({
  channels,
  people,
  current,
  onCreate,
  onBrowse,
}: ChannelListProps) => {
  const { loaded, mine } = channels.state
  return (
    <section class="nav-section" aria-label="Channels">
      <header class="nav-head">
        <h2>Channels</h2>
        <IconButton label="Browse open channels" onClick={onBrowse}>
          <Compass size={16} />
        </IconButton>
        <IconButton label="Create a channel" onClick={onCreate}>
          <Plus size={16} />
        </IconButton>
      </header>
      {!loaded && <Skeleton lines={4} what="channels" />}
      <ul class="nav-list">
        {mine.map((channel) => (
          <ChannelLink
            key={channel.slug}
            channel={channel}
            isCurrent={channel.slug === current}
            people={people}
          />
        ))}
      </ul>
      {loaded && mine.length === 0 && (
        <>
          <p class="nav-empty">You are in no channel yet. Create one, or browse the open ones.</p>
          <div class="nav-empty-actions">
            <Button kind="gold" onClick={onCreate}>
              Create a channel
            </Button>
            <Button onClick={onBrowse}>Browse open channels</Button>
          </div>
        </>
      )}
    </section>
  )
}
