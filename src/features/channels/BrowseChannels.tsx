import { useState } from 'preact/hooks'
import type { Channel } from '../../../lib/protocol/channels.ts'
import { sentenceOf } from '../../platform/request-error.ts'
import { Button } from '../../ui/Button.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { Failure, Field } from '../../ui/Field.tsx'
import { Empty } from '../../ui/Placeholders.tsx'
import { ChannelIcon } from './ChannelIcon.tsx'
import { matching } from './matching.ts'
import type { ChannelsStore } from './store.ts'

const OpenChannel = ({ channel, onJoin }: { channel: Channel; onJoin: () => void }) => (
  <li class="row">
    <ChannelIcon isPrivate={false} />
    <div class="row-text">
      <b title={channel.name}>{channel.name}</b>
      <small title={channel.topic}>{channel.topic || 'No topic yet'}</small>
    </div>
    <Button onClick={onJoin} title={`Join ${channel.name}`}>
      Join
    </Button>
  </li>
)

export type BrowseChannelsProps = {
  channels: ChannelsStore
  onClose: () => void
  onCreate: () => void
  onJoined: (slug: string) => void
}

/** Open channels that I am not in. */
export const BrowseChannels = ({ channels, onClose, onCreate, onJoined }: BrowseChannelsProps) => {
  const [words, setWords] = useState('')
  const [failure, setFailure] = useState<string>()
  const found = matching(channels.state.open, words)

  const join = async (slug: string) => {
    setFailure(undefined)
    try {
      await channels.join(slug)
      onJoined(slug)
    } catch (error) {
      setFailure(sentenceOf(error))
    }
  }
  return (
    <Dialog title="Open channels" onClose={onClose} class="tall">
      <Field label="Find a channel" type="search" value={words} onInput={setWords} autofocus />
      <Failure>{failure}</Failure>
      <ul class="rows">
        {found.map((channel) => (
          <OpenChannel
            key={channel.slug}
            channel={channel}
            onJoin={() => void join(channel.slug)}
          />
        ))}
      </ul>
      {found.length === 0 && (
        <Empty title={words ? 'No open channel is called that' : 'You are in every open channel'}>
          <Button onClick={onCreate}>Create a channel</Button>
        </Empty>
      )}
    </Dialog>
  )
}
