import { PyriteError } from '../../platform/errors.ts'
import type { ChannelRole } from '../../protocol/channels.ts'

/** How one active person stands to one channel. `role` is null for somebody who is not in it. */
export type Standing = {
  channelId: number
  slug: string
  private: number
  role: ChannelRole | null
  admin: number
}

/** One sentence for both, so that nobody learns whether a channel exists that they may not see. */
export const noSuchChannel = (): PyriteError =>
  new PyriteError('channels.not-found', 'there is no such channel')

/** Open channels are seen by everybody, private ones by those in them. */
export const mustSee = (standing: Standing | undefined): Standing => {
  if (!standing || (standing.private === 1 && standing.role === null)) throw noSuchChannel()
  return standing
}

/** Throws `channels.not-found` for somebody who is not in the channel, open or not. */
export const mustBeIn = (standing: Standing | undefined): Standing & { role: ChannelRole } => {
  if (!standing || standing.role === null) throw noSuchChannel()
  return { ...standing, role: standing.role }
}

const mayManage = ({ role, admin }: Standing): boolean => role === 'moderator' || admin === 1

/** Moderators manage their channel; admins every open one, and private ones they are in. */
export const mustManage = (standing: Standing | undefined): Standing => {
  const seen = mustSee(standing)
  if (mayManage(seen)) return seen
  if (seen.role === null) throw noSuchChannel()
  throw new PyriteError('not-allowed', 'only moderators may do this')
}
