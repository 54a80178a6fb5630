/** How loud a microphone is now. */
export type LevelMeter = {
  /** From 0, silence, to 1, as loud as it gets; ready for a bar. */
  read(): number
  /** May be called twice. */
  close(): void
}

const FLOOR_DECIBELS = -60

/** Root mean square of samples between -1 and 1, on a scale that follows the ear: 0 at -60 dB and below. */
export const levelOf = (samples: Float32Array): number => {
  let sum = 0
  for (const sample of samples) sum += sample * sample
  const decibels = 10 * Math.log10(sum / Math.max(1, samples.length))
  return Math.min(1, Math.max(0, 1 - decibels / FLOOR_DECIBELS))
}

/** Listens to a track without playing it. Before the first click on the page a browser may keep it at 0. */
export const createLevelMeter = (track: MediaStreamTrack): LevelMeter => {
  const context = new AudioContext()
  const source = context.createMediaStreamSource(new MediaStream([track]))
  const analyser = context.createAnalyser()
  analyser.fftSize = 1024
  source.connect(analyser)
  const samples = new Float32Array(analyser.fftSize)
  return {
    read() {
      analyser.getFloatTimeDomainData(samples)
      return levelOf(samples)
    },
    close() {
      source.disconnect()
      if (context.state !== 'closed') void context.close()
    },
  }
}
