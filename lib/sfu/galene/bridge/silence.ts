/** Sweeps of silence after something was sent, until Galene counts as slow: with one every 2 s, 8 s at most. */
const MOST_SWEEPS = 4
/** How many are left where Galene was silent towards somebody else already. */
const LEFT_WHEN_SUSPECTED = 2

/** For how long Galene has owed one connection a sign of life [SFU-14]. */
export class Silence {
  private isOwed = false
  private sweeps = 0

  /** Something was sent. */
  owed() {
    this.isOwed = true
  }

  /** Something came. */
  broken() {
    this.isOwed = false
    this.sweeps = 0
  }

  suspected() {
    this.isOwed = true
    this.sweeps = Math.max(this.sweeps, MOST_SWEEPS - LEFT_WHEN_SUSPECTED)
  }

  /** Called every two seconds: it is time to ask for a sign of life, or to give up; undefined where nothing is to be done. */
  sweep(): 'ask' | 'slow' | undefined {
    if (!this.isOwed) return undefined
    this.sweeps += 1
    if (this.sweeps >= MOST_SWEEPS) return 'slow'
    return this.sweeps === 1 ? 'ask' : undefined
  }
}
