import type { GroupState } from './group-state.ts'
import type { Outcome } from './write.ts'

const NOT_RECORDED = 'Calls of this channel may not be recorded: its settings say so.'

export type RecordingNeeds = {
  state: Pick<GroupState, 'of' | 'recordingAsked' | 'entered'>
  userId: string
  /** The group that was joined. */
  group: () => string
  /** Whether its channel may be recorded now. */
  mayBeRecorded: () => boolean
  /** Whether nobody else is in the group. */
  isAlone: () => boolean
  /** Asks Galene for an operator's permissions for this connection, which is one. */
  op: () => void
}

/** What one connection has to do with the recording of its call. */
export class RecordingPart {
  private readonly needs: RecordingNeeds
  private isOperator = false
  private hasPermission = false

  constructor(needs: RecordingNeeds) {
    this.needs = needs
  }

  /** Galene said what this connection may do. */
  permitted(permissions: readonly unknown[]): void {
    this.isOperator = permissions.includes('op')
    this.hasPermission = permissions.includes('record')
  }

  /** Why the person may not do this now, whatever Galene would say; and who asks for a recording is remembered. */
  refusalOf(type: string, kind: unknown): Outcome | undefined {
    if (type !== 'groupaction' || kind !== 'record') return undefined
    const { state, userId, group, mayBeRecorded } = this.needs
    if (!mayBeRecorded()) return { refused: NOT_RECORDED, quiet: true }
    if (this.hasPermission) state.recordingAsked(group(), userId)
    return undefined
  }

  /** Does what the channel's settings say now: a moderator gets the permission. */
  follow(): void {
    // Galene gives a moderator who is made one again whatever the group file grants by then.
    const isMissing = this.isOperator && !this.hasPermission
    if (isMissing && this.needs.mayBeRecorded()) this.needs.op()
  }

  /** Galene let this connection in. The first one hears next whether a recorder that was there is there still. */
  entered(): void {
    const { state, group, isAlone } = this.needs
    if (state.of(group()).recording && isAlone()) state.entered(group())
  }
}
