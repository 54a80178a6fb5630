import type { z } from 'zod'
import { PyriteError } from '../../platform/errors.ts'
import type { Hub } from '../../platform/ws/hub.ts'
import { ratePerPerson } from '../../platform/ws/rate.ts'
import type { OneRecording, RecordingList } from '../../protocol/recordings.ts'
import type { RecordingSource, Sfu } from '../../sfu/sfu.ts'
import { type Channels, topicOf } from '../channels/index.ts'
import { holdsSomething, toRecording } from './names.ts'

export type RecordingsNeeds = {
  hub: Pick<Hub, 'publish'>
  channels: Pick<Channels, 'mustBeMember' | 'mustManageNow'>
  sfu: () => Pick<Sfu, 'recordings'>
  now: () => Date
}

/** Looks of one person: a player asks for a range at each leap. A Galene elsewhere checks a password by bcrypt for every one. */
const LOOKS = { perSecond: 2, burst: 40 }

const noSuch = () => new PyriteError('not-found', 'there is no such recording')

/** Newest first; those that do not say when last. */
const byStart = (a: { startedAt: string | null }, b: { startedAt: string | null }): number =>
  (b.startedAt ?? '').localeCompare(a.startedAt ?? '')

/** What was recorded of a channel's calls: for those who are in it, whatever the media server would say. */
export const recordingRules = ({ hub, channels, sfu, now }: RecordingsNeeds) => {
  const mustBeSlow = ratePerPerson({
    ...LOOKS,
    now: () => now().getTime(),
    message: 'you ask for recordings faster than this server allows',
  })
  return {
    /** Throws `channels.not-found`, `too-many-requests`, `calls.not-supported`, `calls.no-answer`. */
    async list(userId: string, channelSlug: string): Promise<RecordingList> {
      const { slug } = await channels.mustBeMember(userId, channelSlug)
      mustBeSlow(userId)
      const files = await sfu().recordings.list(slug)
      return { recordings: files.filter(holdsSomething).map(toRecording).sort(byStart) }
    },

    /** Where its bytes are. Throws `channels.not-found`, `not-found` and what `list` throws. */
    async open(
      userId: string,
      { channelSlug, name }: z.infer<typeof OneRecording>,
    ): Promise<RecordingSource> {
      const { slug } = await channels.mustBeMember(userId, channelSlug)
      mustBeSlow(userId)
      const source = await sfu().recordings.open(slug, name)
      if (!source) throw noSuch()
      return source
    },

    /** For those who manage the channel. Its people hear that there is one less. Throws `not-allowed`, `moderation.timed-out` and what `open` throws. */
    async remove(
      userId: string,
      { channelSlug, name }: z.infer<typeof OneRecording>,
    ): Promise<Record<string, never>> {
      const { slug, channelId } = await channels.mustManageNow(userId, channelSlug)
      mustBeSlow(userId)
      if (!(await sfu().recordings.remove(slug, name))) throw noSuch()
      hub.publish(topicOf(channelId), 'recordings.changed', { channelSlug: slug })
      return {}
    },
  }
}
export type RecordingRules = ReturnType<typeof recordingRules>
