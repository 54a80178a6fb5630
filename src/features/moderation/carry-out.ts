import type { ModerationAct } from '../../../lib/protocol/moderation.ts'
import type { Order } from './commands.ts'
import type { ModerationStore } from './store.ts'
import { doneWords, liftWords, OPEN_AGAIN } from './words.ts'

const whom = ({ userId }: ModerationAct, nameOf: (userId: string) => string): string =>
  userId === null ? 'Everybody else in the call' : nameOf(userId)

/** Carries something out and answers what has happened, for people. Rejects with the refusal. */
export const carryOut = async (
  store: Pick<ModerationStore, 'act' | 'end' | 'unlock'>,
  order: Order,
  nameOf: (userId: string) => string,
): Promise<string> => {
  if (order.do === 'end') {
    const act = await store.end(order.act)
    return liftWords(act, whom(act, nameOf))
  }
  if (order.do === 'unlock') {
    return (await store.unlock(order.channelSlug)) ? OPEN_AGAIN : 'Nothing is locked here.'
  }
  const act = await store.act(order.wish)
  return doneWords(act, whom(act, nameOf))
}
