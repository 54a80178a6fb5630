import type { SyncState } from '../../sfu.ts'

/** What Galene answers when it is asked for the status of a group; undefined where it does not answer now. */
export type Poke = (group: string) => Promise<number | undefined>

export const IN_STEP: SyncState = { state: 'in-step' }
export const failed = (reason: string): SyncState => ({ state: 'failed', reason })

/** The state of a group that was written, by what Galene answers; it looks later by itself where it does not answer now. */
export const stateOf = (status: number | undefined, whenMissing: string): SyncState => {
  if (status === undefined || status === 200) return IN_STEP
  if (status === 404) return failed(whenMissing)
  if (status >= 300 && status < 400) {
    return failed(
      'the call server answers for another host name: set sfu.token_audience to its canonicalHost',
    )
  }
  return failed(`the call server cannot read the group (it answers ${status})`)
}
