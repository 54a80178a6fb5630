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

export const createSpeakers = ({ newAudio, blocked }: SpeakersNeeds): Speakers => {
  const playing = new Map<string, HTMLAudioElement>()
  const start = (audio: HTMLAudioElement) => {
    audio.play().catch((error: unknown) => {
      // Any other refusal is a stream that ended meanwhile.
      if (error instanceof DOMException && error.name === 'NotAllowedError')
        blocked(() => start(audio))
    })
  }
  const end = (localId: string) => {
    const audio = playing.get(localId)
    if (audio) audio.srcObject = null
    playing.delete(localId)
  }
  return {
    play(streams) {
      const others = streams.filter(({ isMine }) => !isMine)
      for (const localId of [...playing.keys()])
        if (!others.some((stream) => stream.localId === localId)) end(localId)
      for (const { localId, stream } of others) {
        if (playing.has(localId)) continue
        const audio = newAudio()
        audio.srcObject = stream
        playing.set(localId, audio)
        start(audio)
      }
    },
    stop() {
      for (const localId of [...playing.keys()]) end(localId)
    },
  }
}
