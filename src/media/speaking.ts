/** Loudness above which somebody counts as speaking: root mean square of full scale. */
const LOUD_RMS = 0.02
/** Speech has gaps; the mark stays this long after the last loud moment. */
const HOLD_MS = 700

type Total = { energy: number; seconds: number }

/** Turns the running energy totals of WebRTC statistics into "who speaks now". */
export class SpeakingMeter {
  readonly #totals = new Map<string, Total>()
  readonly #loudAt = new Map<string, number>()

  /** One more look at one source: its total energy and duration so far, as `totalAudioEnergy` and `totalSamplesDuration` count them. */
  sample(source: string, participantId: string, total: Total, now: number): void {
    const before = this.#totals.get(source)
    this.#totals.set(source, total)
    if (!before || total.seconds <= before.seconds) return
    const power = (total.energy - before.energy) / (total.seconds - before.seconds)
    if (power > LOUD_RMS ** 2) this.#loudAt.set(participantId, now)
  }

  /** Ids of those who speak, or stopped less than the hold ago. */
  speakers(now: number): Set<string> {
    const loud = [...this.#loudAt].filter(([, at]) => now - at <= HOLD_MS)
    return new Set(loud.map(([id]) => id))
  }
}
