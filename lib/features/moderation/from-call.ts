import { MAX_REASON_LENGTH } from '../../protocol/limits.ts'
import { asOneLine } from '../../protocol/line.ts'
import { type ModerationAct, ModerationWish } from '../../protocol/moderation.ts'
import type { CallModeration } from '../../sfu/sfu.ts'
import type { Lifting } from './lifting.ts'

type Acts = Pick<Lifting, 'allow' | 'unlock'> & {
  act(byUserId: string, wish: ModerationWish): Promise<ModerationAct>
}

/**
 * Moderation that was asked for within a call: the same acts by the same rules. What an operator of a stock client gives back is the end
 * of what holds. Rejects as `ModerationWish` says.
 */
export const fromCall =
  ({ act, allow, unlock }: Acts): CallModeration =>
  async ({ userId: byUserId }, channelSlug, { kind, userId, reason }) => {
    if (kind === 'unlock') await unlock(byUserId, channelSlug)
    else if (kind === 'allow-presenting') await allow(byUserId, channelSlug, userId ?? '')
    else {
      const words = asOneLine(reason).slice(0, MAX_REASON_LENGTH)
      await act(byUserId, ModerationWish.parse({ kind, channelSlug, userId, reason: words }))
    }
  }
