import type { GroupState } from './group-state.ts'
import type { Outcome } from './write.ts'

const NOT_RECORDED = 'Calls of this channel may not be recorded: its settings say so.'

export type RecordingNeeds = {
  state: Pick<GroupState, 'of' | 'recordingAsked' | 'recordingEnded' | 'entered'>
  userId: string
  /** The group that was joined. */
  group: () => string
  /** Whether its channel may be recorded now. */
  mayBeRecorded: () => boolean
  /** Whether nobody else is in the group. */
  isAlone: () => boolean
  /** Sends an action of this connection to Galene. */
  act: (type: 'useraction' | 'groupaction', kind: string) => void
}

/** What one connection has to do with the recording of its call. */
export class RecordingPart {
  private readonly needs: RecordingNeeds
  /** Whether Galene lets this connection moderate the group. */
  isOperator = false
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

  /** Does what the channel's settings say now: a moderator gets the permission, or a recording ends. */
  follow(): void {
    const mayBe = this.needs.mayBeRecorded()
    // Galene gives a moderator who is made one again whatever the group file grants by then.
    if (mayBe && this.isOperator && !this.hasPermission) this.needs.act('useraction', 'op')
    if (!mayBe && this.mayStop()) this.stop()
  }

  /** Galene let this connection in. The first one hears next whether a recorder that was there is there still. */
  entered(): void {
    const { state, group, isAlone } = this.needs
    if (state.of(group()).recording && isAlone()) state.entered(group())
  }

  /** The connection ends. A recording that it may end does not run on in a call that is empty then. */
  leaves(): void {
    if (this.needs.isAlone()) this.ends()
  }

  /** All are about to leave together: whoever may end the recording does, since the last one to go may be somebody who may not. */
  ends(): void {
    if (!this.mayStop()) return
    this.stop()
    this.needs.state.recordingEnded(this.needs.group())
  }

  private mayStop(): boolean {
    return this.hasPermission && this.needs.state.of(this.needs.group()).recording
  }

  private stop(): void {
    this.needs.act('groupaction', 'unrecord')
  }
}
