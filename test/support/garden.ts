import { startTalk, type Talk, type TalkClient } from './talk.ts'

/** An open channel: bob moderates, carol is a member, and alice, an admin, may manage it. */
export const garden = { channelSlug: 'garden' }
/** A private one with the same people, but without alice. */
export const secret = { channelSlug: 'secret' }

export type Garden = {
  talk: Talk
  alice: TalkClient
  bob: TalkClient
  carol: TalkClient
  mallory: TalkClient
  /** What was heard and done up to now counts no more. */
  forgetAll: () => void
}

/** Two channels to moderate in; nothing is heard or done yet. */
export const openGarden = async (): Promise<Garden> => {
  const talk = await startTalk()
  const alice = await talk.connect('alice')
  const bob = await talk.connect('bob')
  const carol = await talk.connect('carol')
  const mallory = await talk.connect('mallory')
  await bob.ask('channels.create', { name: 'Garden' })
  await bob.ask('channels.create', { name: 'Secret', private: true })
  await carol.ask('channels.join', garden)
  await bob.ask('channels.set-member', { ...secret, userId: 'carol' })
  const forgetAll = () => {
    for (const client of [alice, bob, carol, mallory]) client.forget()
    talk.callsTold.length = 0
  }
  forgetAll()
  return { talk, alice, bob, carol, mallory, forgetAll }
}
