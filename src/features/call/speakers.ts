import type { CallStream } from '../../media/transport.ts'

/** Plays the sound of a call, whatever part of the page is on show. */
export type Speakers = {
  /** Plays exactly the others' streams among these. */
  play(streams: readonly CallStream[]): void
  stop(): void
}

export type SpeakersNeeds = {
  newAudio: () => HTMLAudioElement
  /** The browser wants a click before it makes a sound; `resume` is to be called in one. */
  blocked: (resume: () => void) => void
}

const tracksOf = (stream: MediaStream): string =>
  stream
    .getAudioTracks()
    .map(({ id }) => id)
    .join()

export const createSpeakers = ({ newAudio, blocked }: SpeakersNeeds): Speakers => {
  const playing = new Map<string, { audio: HTMLAudioElement; tracks: string }>()
  const start = (audio: HTMLAudioElement) => {
    audio.play().catch((error: unknown) => {
      // Any other refusal is a stream that ended meanwhile.
      if (error instanceof DOMException && error.name === 'NotAllowedError')
        blocked(() => start(audio))
    })
  }
  const end = (localId: string) => {
    const known = playing.get(localId)
    if (known) known.audio.srcObject = null
    playing.delete(localId)
  }
  return {
    play(streams) {
      const others = streams.filter(({ isMine }) => !isMine)
      for (const localId of [...playing.keys()])
        if (!others.some((stream) => stream.localId === localId)) end(localId)
      for (const { localId, stream } of others) {
        const tracks = tracksOf(stream)
        const known = playing.get(localId)
        if (known?.tracks === tracks) continue
        // The tracks below a stream are exchanged when it is replaced; not every browser follows by itself.
        const audio = known?.audio ?? newAudio()
        audio.srcObject = stream
        playing.set(localId, { audio, tracks })
        start(audio)
      }
    },
    stop() {
      for (const localId of [...playing.keys()]) end(localId)
    },
  }
}
