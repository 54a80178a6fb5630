import type { Db } from '../../platform/db/index.ts'
import { ratePerPerson } from '../../platform/ws/rate.ts'
import type { CallsReport, ChannelCalls, Examination } from '../../protocol/admin.ts'
import type { Sfu, SyncState } from '../../sfu/sfu.ts'
import type { Users } from '../users/index.ts'
import { channelsFor, type KnownChannel } from './queries.ts'

export type AdminNeeds = {
  db: Db
  users: Pick<Users, 'mustBeAdmin'>
  sfu: () => Pick<Sfu, 'health' | 'syncState' | 'groupState' | 'participants'>
  /** Looks everything over that calls need; takes seconds. `origin`: of the page that asks. */
  examine: (origin?: string) => Promise<Examination>
  now: () => Date
}

/** Checks one admin may ask for: three at once, then one every ten seconds. Each sends packets to other servers. */
const CHECKS = { perSecond: 0.1, burst: 3 }

/** Looks at the page: it asks every five seconds, in each tab. */
const LOOKS = { perSecond: 1, burst: 20 }

const urgency = ({ sync, participants }: ChannelCalls): number => {
  if (sync.state === 'failed') return 0
  if (participants > 0) return 1
  return sync.state === 'pending' ? 2 : 3
}

/** One look at a time: who asks meanwhile gets the answer of the one under way. */
const examinations = (examine: AdminNeeds['examine']) => {
  let last: Examination | undefined
  let underWay: Promise<Examination> | undefined
  return {
    last: () => last,
    isUnderWay: () => underWay !== undefined,
    async check(origin?: string) {
      underWay ??= examine(origin).finally(() => {
        underWay = undefined
      })
      last = await underWay
    },
  }
}

/** How a channel stands; of one that must not be told, without the slug that a path or a command in the reason may hold. */
const toldSync = ({ slug, isTold }: KnownChannel, sync: SyncState): SyncState => {
  if (isTold || sync.reason === undefined) return sync
  const itsSlug = new RegExp(`(?<![a-z0-9-])${slug}(?![a-z0-9-])`, 'g')
  return { ...sync, reason: sync.reason.replace(itsSlug, 'SLUG') }
}

/** What admins see of the call server. Knows no HTTP. */
export const adminRules = ({ db, users, sfu, examine, now }: AdminNeeds) => {
  const checks = examinations(examine)
  const mustBeSlow = ratePerPerson({
    ...CHECKS,
    now: () => now().getTime(),
    message: 'you check calls more often than this server allows',
  })
  const mustLookSlowly = ratePerPerson({
    ...LOOKS,
    now: () => now().getTime(),
    message: 'you look at calls more often than this server allows',
  })

  const channelCalls = (channel: KnownChannel): ChannelCalls => {
    const { slug, name, isTold } = channel
    return {
      ...(isTold && { channelSlug: slug, name }),
      sync: toldSync(channel, sfu().syncState(slug)),
      participants: sfu().participants(slug).length,
      locked: sfu().groupState(slug).locked,
      recording: sfu().groupState(slug).recording,
    }
  }

  const report = async (userId: string): Promise<CallsReport> => {
    const { kind, description, reachable, since, checkedAt, version, problem } = sfu().health()
    const channels = (await channelsFor(db, userId)).map(channelCalls)
    const examination = checks.last()
    return {
      sfu: {
        ...{ kind, description, reachable, checkedAt: checkedAt.toISOString() },
        ...(since && { since: since.toISOString() }),
        // The built-in SFU is as old as Pyrite.
        ...(version !== undefined && kind !== 'builtin' && { version }),
        ...(problem !== undefined && { problem }),
      },
      channels: channels.sort((a, b) => urgency(a) - urgency(b)),
      ...(examination && { examination }),
      isExamining: checks.isUnderWay(),
    }
  }

  return {
    /** The channels that are not in step with the call server, and why. Private ones stay without a name. */
    async outOfStep(): Promise<{ slug: string; reason: string }[]> {
      const states = (await channelsFor(db)).map((channel) => ({
        slug: channel.isTold ? channel.slug : 'a private channel',
        sync: toldSync(channel, sfu().syncState(channel.slug)),
      }))
      return states.flatMap(({ slug, sync: { state, reason = '' } }) =>
        state === 'failed' ? [{ slug, reason }] : [],
      )
    },
    /** A channel that is in step and has nobody in its call; undefined where there is none. */
    async idleChannel(): Promise<string | undefined> {
      const isIdle = (slug: string) =>
        sfu().syncState(slug).state === 'in-step' && sfu().participants(slug).length === 0
      return (await channelsFor(db)).find(({ slug }) => isIdle(slug))?.slug
    },
    /** How calls stand. Throws `not-allowed` for all but admins, `too-many-requests`. */
    async calls(userId: string): Promise<CallsReport> {
      await users.mustBeAdmin(userId)
      mustLookSlowly(userId)
      return report(userId)
    },
    /** Looks everything over again, which takes seconds. Throws `not-allowed`, `too-many-requests`. */
    async check(userId: string, origin?: string): Promise<CallsReport> {
      await users.mustBeAdmin(userId)
      mustBeSlow(userId)
      await checks.check(origin)
      return report(userId)
    },
  }
}
export type AdminRules = ReturnType<typeof adminRules>
