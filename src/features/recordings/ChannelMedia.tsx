import { useEffect, useMemo, useState } from 'preact/hooks'
import type { MyChannel } from '../../../lib/protocol/channels.ts'
import type { Http } from '../../platform/http.ts'
import { sentenceOf } from '../../platform/request-error.ts'
import type { Wire } from '../../platform/socket.ts'
import { Failure } from '../../ui/Field.tsx'
import type { ChannelsStore } from '../channels/index.ts'
import { DeviceRows } from './DeviceRows.tsx'
import { RecordingRows } from './RecordingRows.tsx'
import { createRecordings } from './store.ts'
import { WhipKeys } from './WhipKeys.tsx'

export type ChannelMediaProps = {
  channel: MyChannel
  channels: Pick<ChannelsStore, 'change'>
  wire: Wire
  http: Pick<Http, 'get'>
  /** The display name of a username; undefined for one that is nobody's. */
  nameOf: (username: string) => string | undefined
  /** The display name of a person by id. */
  personOf: (userId: string) => string
  canManage: boolean
  now: () => Date
  origin: string
}

const Allow = ({ channel, channels }: Pick<ChannelMediaProps, 'channel' | 'channels'>) => {
  const [failure, setFailure] = useState<string>()
  const change = (recordable: boolean) => {
    setFailure(undefined)
    channels
      .change(channel.slug, { recordable })
      .catch((error: unknown) => setFailure(sentenceOf(error)))
  }
  return (
    <>
      <label class="check">
        <input
          type="checkbox"
          checked={channel.recordable}
          onChange={(event) => change(event.currentTarget.checked)}
        />
        <span>
          Moderators may record calls
          <small>Everybody in the call sees that it is recorded, and by whom.</small>
        </span>
      </label>
      <Failure>{failure}</Failure>
    </>
  )
}

/** In the channel's panel: what was recorded, whether more may be, and the devices that stream. Nothing where the call server can do neither. */
export const ChannelMedia = (props: ChannelMediaProps) => {
  const { channel, channels, wire, http, canManage, now, nameOf, personOf, origin } = props
  const store = useMemo(
    () => createRecordings({ wire, http, channelSlug: channel.slug, canManage }),
    [wire, http, channel.slug, canManage],
  )
  useEffect(() => store.dispose, [store])
  const { can, recordings } = store.state
  const hasAny = recordings.items.length > 0
  if (!can) return null
  return (
    <>
      {can.record && (canManage || channel.recordable || hasAny) && (
        <section class="channel-section" aria-label="Recordings">
          <h3>Recordings</h3>
          {canManage && <Allow channel={channel} channels={channels} />}
          {(channel.recordable || hasAny) && (
            <RecordingRows {...{ store, nameOf, canManage, now }} channelSlug={channel.slug} />
          )}
        </section>
      )}
      <DeviceRows
        devices={channel.devices ?? []}
        personOf={personOf}
        endStream={canManage ? store.endStream : undefined}
      />
      {can.whip && canManage && <WhipKeys {...{ store, personOf, now, origin }} />}
    </>
  )
}
