import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { ModerationAct, ModerationWish } from '../../../../../lib/protocol/moderation.ts'
import { startTalk, type TalkClient } from '../../../../support/talk.ts'

/** The garden: bob moderates it, carol and erin are in it, alice is an admin outside, mallory is nobody. */
const PEOPLE = ['alice', 'bob', 'carol', 'erin', 'mallory'] as const
type Name = (typeof PEOPLE)[number]
const garden = { channelSlug: 'garden' }

type Kind = 'ban' | 'timeout' | 'forbid-presenting' | 'lock'
type Step =
  | { do: 'act'; by: Name; kind: Kind; to: Name; seconds: number; scope: 'call' | 'channel' }
  | { do: 'end'; by: Name; nth: number }
  | { do: 'wait'; seconds: number; isSwept: boolean }
  | { do: 'move'; who: Exclude<Name, 'alice'> }

const name = fc.constantFrom(...PEOPLE)
const manager = fc.constantFrom<Name>('alice', 'bob', 'alice', 'bob', 'carol')
const seconds = fc.integer({ min: 1, max: 20 })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('act' as const),
    by: manager,
    kind: fc.constantFrom<Kind>('ban', 'timeout', 'forbid-presenting', 'lock'),
    to: name,
    seconds,
    scope: fc.constantFrom('call' as const, 'channel' as const),
  }),
  fc.record({ do: fc.constant('end' as const), by: manager, nth: fc.nat(10) }),
  fc.record({ do: fc.constant('wait' as const), seconds, isSwept: fc.boolean() }),
  fc.record({
    do: fc.constant('move' as const),
    who: fc.constantFrom('bob' as const, 'carol' as const, 'erin' as const, 'mallory' as const),
  }),
)

/** What holds, as one would keep it on paper: a name for each thing that can hold, and until when. */
class Paper {
  time = 0
  held = new Map<string, { until: number; scope?: string }>()
  inside = new Set<Name>(['bob', 'carol', 'erin'])
  moderators = new Set<Name>(['bob'])

  holds(key: string, scope?: string): boolean {
    const found = this.held.get(key)
    return !!found && found.until > this.time && (scope === undefined || found.scope === scope)
  }
  mayModerate(by: Name): boolean {
    return (by === 'alice' || this.moderators.has(by)) && !this.holds(`timeout ${by}`)
  }
  /** A channel keeps a moderator while others are in it. */
  takeOut(who: Name): boolean {
    const isLast = this.moderators.has(who) && this.moderators.size === 1
    if (isLast && this.inside.size > 1) return false
    this.moderators.delete(who)
    return this.inside.delete(who)
  }
  act({ by, kind, to, seconds, scope }: Extract<Step, { do: 'act' }>): boolean {
    if (!this.mayModerate(by)) return false
    const until = this.time + seconds
    if (kind === 'lock') {
      this.held.set('lock', { until, scope })
      return true
    }
    const isProtected = to === 'alice' || to === by
    if (isProtected || (this.moderators.has(to) && by !== 'alice')) return false
    if (kind === 'ban' && this.inside.has(to) && !this.takeOut(to)) return false
    this.held.set(`${kind} ${to}`, { until })
    return true
  }
  move(who: Name): boolean {
    if (this.inside.has(who)) return this.takeOut(who)
    if (this.holds(`ban ${who}`) || this.holds('lock', 'channel')) return false
    if (this.inside.size === 0) this.moderators.add(who)
    this.inside.add(who)
    return true
  }
  rights(who: Name) {
    const isExempt = this.moderators.has(who)
    const write = !this.holds(`timeout ${who}`) && (isExempt || !this.holds('lock', 'channel'))
    return {
      write,
      present: write && !this.holds(`forbid-presenting ${who}`),
      enter: isExempt || !this.holds('lock'),
    }
  }
}

const wishOf = ({ kind, to, seconds, scope }: Extract<Step, { do: 'act' }>) =>
  ({
    ...{ kind, ...garden, seconds },
    ...(kind === 'lock' ? { scope } : { userId: to }),
  }) as unknown as ModerationWish

const keyOf = ({ kind, userId }: ModerationAct) => (kind === 'lock' ? 'lock' : `${kind} ${userId}`)

const world = async () => {
  const talk = await startTalk()
  await talk.addPerson('erin')
  const clients = new Map<Name, TalkClient>()
  for (const each of PEOPLE) clients.set(each, await talk.connect(each))
  const as = (who: Name) => clients.get(who) as TalkClient
  await as('bob').ask('channels.create', { name: 'Garden' })
  for (const who of ['carol', 'erin'] as const) await as(who).ask('channels.join', garden)
  return { talk, as, paper: new Paper() }
}

type World = Awaited<ReturnType<typeof world>>

const end = async ({ as, paper }: World, by: Name, nth: number) => {
  const { acts } = await as('alice').ask('moderation.state', garden)
  const chosen: ModerationAct | undefined = acts[nth % Math.max(1, acts.length)]
  if (!chosen) return
  const isAllowed = paper.mayModerate(by) && chosen.userId !== by
  const refusal = await as(by).refusal('moderation.end', { ...garden, actId: chosen.id })
  expect(refusal === undefined).toBe(isAllowed)
  if (isAllowed) paper.held.delete(keyOf(chosen))
}

/** Does one step to the server and on paper, which agree on whether it is allowed. */
const take = async ({ talk, as, paper }: World, each: Step) => {
  if (each.do === 'wait') {
    talk.advance(each.seconds * 1_000)
    paper.time += each.seconds
    if (each.isSwept) await talk.moderation.sweep()
  } else if (each.do === 'end') {
    await end({ talk, as, paper }, each.by, each.nth)
  } else if (each.do === 'act') {
    const refusal = await as(each.by).refusal('moderation.act', wishOf(each))
    expect(refusal === undefined).toBe(paper.act(each))
  } else {
    const message = paper.inside.has(each.who) ? 'channels.leave' : 'channels.join'
    const refusal = await as(each.who).refusal(message, garden)
    expect(refusal === undefined).toBe(paper.move(each.who))
  }
}

const mustAgree = async ({ as, paper }: World) => {
  const { acts } = await as('alice').ask('moderation.state', garden)
  const onPaper = [...paper.held.keys()].filter((key) => paper.holds(key)).sort()
  expect(acts.map(keyOf).sort()).toEqual(onPaper)
  const { members } = await as('alice').ask('channels.members', garden)
  const there = members.map(({ userId }: { userId: string }) => userId).sort()
  expect(there).toEqual([...paper.inside].sort())
  for (const who of paper.inside) {
    const { rights } = await as(who).ask('moderation.state', garden)
    expect(rights).toEqual(paper.rights(who))
    const typing = await as(who).refusal('chat.typing', garden)
    expect(typing === undefined).toBe(paper.rights(who).write)
  }
}

it('whatever is done, lifted, left and joined in whatever order: what holds is what it says on paper [MOD-16]', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const all = await world()
      for (const each of steps) {
        await take(all, each)
        await mustAgree(all)
      }
      expect(all.talk.bugs).toEqual([])
      await all.talk.stop()
    }),
    { numRuns: 60 },
  )
})

/** Bodies that look like wishes and are not quite. */
const odd = fc.oneof(
  fc.jsonValue(),
  fc.record(
    {
      channelSlug: fc.constantFrom<unknown>('garden', 'nowhere', '__proto__', 7, null),
      kind: fc.constantFrom<unknown>('kick', 'ban', 'timeout', 'mute', 'lock', 'toString', 1),
      userId: fc.constantFrom<unknown>('carol', 'alice', 'nobody', '', "' or 1=1 --", {}),
      actId: fc.constantFrom<unknown>('x', '', "'", 5),
      before: fc.constantFrom<unknown>('x', "'", 5),
      seconds: fc.oneof(fc.integer(), fc.double(), fc.constant('60')),
      reason: fc.oneof(fc.string({ unit: 'binary' }), fc.constant(null)),
      scope: fc.constantFrom<unknown>('call', 'all'),
      exempt: fc.constantFrom<unknown>([], ['member', 'member'], ['owner'], 'member'),
      limit: fc.constantFrom<unknown>(1, 0, -1, 1e9, 'NaN'),
    },
    { requiredKeys: [] },
  ),
)
const message = fc.constantFrom(
  'moderation.act',
  'moderation.end',
  'moderation.log',
  'moderation.state',
)

it('whatever is sent, by whomever: an answer or a listed error, and never a bug [MOD-1]', async () => {
  const { talk, as } = await world()
  await fc.assert(
    fc.asyncProperty(name, message, odd, async (who, type, body) => {
      const refusal = await as(who).refusal(type, body as object)
      expect(refusal?.code).not.toBe('internal')
    }),
    { numRuns: 500 },
  )
  expect(talk.bugs).toEqual([])
  await talk.stop()
})
