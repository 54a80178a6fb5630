import type { ComponentChildren } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { ChannelRole, MyChannel } from '../../../lib/protocol/channels.ts'
import { MAX_CHANNEL_NAME_LENGTH, MAX_TOPIC_LENGTH } from '../../../lib/protocol/limits.ts'
import { sentenceOf } from '../../platform/request-error.ts'
import type { Wire } from '../../platform/socket.ts'
import { AskAgain, useAskedTwice } from '../../ui/AskAgain.tsx'
import { Button } from '../../ui/Button.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { Failure, Field } from '../../ui/Field.tsx'
import { MemberRows } from './MemberRows.tsx'
import { createMembers } from './members.ts'
import type { People } from './people.ts'
import type { ChannelsStore } from './store.ts'

const Details = ({ channel, channels }: { channel: MyChannel; channels: ChannelsStore }) => {
  const [name, setName] = useState(channel.name)
  const [topic, setTopic] = useState(channel.topic)
  const [failure, setFailure] = useState<string>()
  const isChanged = name.trim() !== channel.name || topic.trim() !== channel.topic
  const save = async (event: Event) => {
    event.preventDefault()
    setFailure(undefined)
    try {
      await channels.change(channel.slug, { name: name.trim(), topic: topic.trim() })
    } catch (error) {
      setFailure(sentenceOf(error))
    }
  }
  return (
    <form class="form" onSubmit={(event) => void save(event)}>
      <Field
        label="Name"
        value={name}
        onInput={setName}
        maxLength={MAX_CHANNEL_NAME_LENGTH}
        required
      />
      <Field label="Topic" value={topic} onInput={setTopic} maxLength={MAX_TOPIC_LENGTH} />
      <Failure>{failure}</Failure>
      {isChanged && (
        <footer class="form-end">
          <Button kind="gold" type="submit">
            Save
          </Button>
        </footer>
      )}
    </form>
  )
}

/** Leaving a private channel is asked twice: only others can bring one back. */
const Leave = ({ channel, leave }: { channel: MyChannel; leave: () => Promise<void> }) => {
  const [isBusy, setBusy] = useState(false)
  const end = useRef<HTMLElement>(null)
  const { isAsking, ask, keep } = useAskedTwice(end, 'button')
  const leaveOpen = async () => {
    setBusy(true)
    await leave()
    setBusy(false)
  }
  if (!isAsking) {
    const start = channel.private ? ask : () => void leaveOpen()
    return (
      <footer class="form-end panel-end" ref={end}>
        <Button class="ends" busy={isBusy} onClick={start}>
          Leave channel
        </Button>
      </footer>
    )
  }
  return (
    <footer class="form-end panel-end" ref={end}>
      <p class="panel-ask">{channel.name} is private: you come back only when you are invited.</p>
      <AskAgain verb="Leave channel" keepVerb="Stay" act={leave} onKeep={keep} />
    </footer>
  )
}

export type ChannelPanelProps = {
  channel: MyChannel
  channels: ChannelsStore
  people: People
  wire: Wire
  me: { id: string; role: 'admin' | 'member' }
  onClose: () => void
  onLeft: () => void
  /** What else can be done with somebody in it. */
  menuFor?: (userId: string) => ComponentChildren
  /** What else belongs to the channel, below its people. */
  children?: ComponentChildren
}

const mayManage = (channel: MyChannel, isAdmin: boolean) => channel.role === 'moderator' || isAdmin

/** What the channel is, who is in it and as what. */
export const ChannelPanel = (props: ChannelPanelProps) => {
  const { channel, channels, people, wire, me, onClose, onLeft } = props
  const members = useMemo(
    () => createMembers({ wire, channelSlug: channel.slug }),
    [wire, channel.slug],
  )
  useEffect(() => members.dispose, [members])
  const [failure, setFailure] = useState<string>()
  const attempt = async (act: () => Promise<void>) => {
    setFailure(undefined)
    await act().catch((error: unknown) => setFailure(sentenceOf(error)))
  }
  const canManage = mayManage(channel, me.role === 'admin')
  const setRole = (userId: string, role: ChannelRole) =>
    attempt(async () => members.put(await channels.setMember(channel.slug, userId, role)))
  const remove = (userId: string) =>
    attempt(async () => {
      await channels.removeMember(channel.slug, userId)
      members.gone(userId)
    })
  const leave = () =>
    attempt(async () => {
      await channels.leave(channel.slug)
      onLeft()
    })
  return (
    <Dialog title={`About ${channel.name}`} onClose={onClose} class="tall">
      <p class="panel-address">
        /channels/{channel.slug} · {channel.private ? 'private' : 'open to everybody'}
      </p>
      {canManage ? (
        <Details key={channel.slug} channel={channel} channels={channels} />
      ) : (
        <p class="panel-topic">{channel.topic || 'No topic yet.'}</p>
      )}
      <Failure>{failure}</Failure>
      <MemberRows
        members={members}
        people={people}
        me={me.id}
        setRole={canManage ? setRole : undefined}
        remove={canManage ? remove : undefined}
        menuFor={props.menuFor}
      />
      {props.children}
      <Leave key={channel.slug} channel={channel} leave={leave} />
    </Dialog>
  )
}
