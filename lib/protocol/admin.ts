import { z } from 'zod'

/** `problem`: calls fail for somebody. `warning`: they may. `ok`: looked at, and well. */
export type FindingLevel = 'ok' | 'warning' | 'problem'

/** One thing that was looked at. `what`, `why` and `fix` are sentences for who runs the server; `fix` is empty where all is well. */
export type Finding = {
  /** Stable; docs/doctor.md lists them. */
  code: string
  level: FindingLevel
  what: string
  why: string
  fix: string
}

/** A STUN or TURN server, tried for real from the server. `ms`: how long its answer took, absent where none came. */
export type IceServerTry = { url: string; ok: boolean; says: string; ms?: number }

/** An address at which a browser would look for the call server. */
export type IceCandidate = { type: 'host' | 'relay'; address: string; isPrivate: boolean }

/** What one look over everything that calls need has found, the worst first. */
export type Examination = {
  /** ISO 8601. */
  at: string
  tookMs: number
  findings: Finding[]
  iceServers: IceServerTry[]
  candidates: IceCandidate[]
}

/** A channel as far as calls go. `name` is absent for a private channel that the admin is not in. */
export type ChannelCalls = {
  channelSlug?: string
  name?: string
  sync: { state: 'in-step' | 'pending' | 'failed'; reason?: string }
  participants: number
  locked: boolean
  recording: boolean
}

/** GET /api/admin/calls, for admins. Channels whose sync failed come first, then those with a live call. */
export type CallsReport = {
  sfu: {
    kind: 'external' | 'child' | 'builtin'
    description: string
    reachable: boolean
    /** Since when it is reachable without a break, ISO 8601; absent while it is not. */
    since?: string
    checkedAt: string
    /** As far as it is known. */
    version?: string
    /** What is wrong with it, in a sentence. */
    problem?: string
  }
  channels: ChannelCalls[]
  /** The newest one; absent until the first check. */
  examination?: Examination
  isExamining: boolean
}

/** POST /api/admin/calls/check: looks everything over again, and answers a `CallsReport`. `origin`: that of the page that asks. */
export const CheckCalls = z.object({ origin: z.url().max(300).optional() })
