import type { Recording } from '../../protocol/recordings.ts'

/** Galene names a file after its own clock, then whose it was: 2026-11-21T15:04:05.123-alice.webm; a number sets apart what is equal. */
const NAME =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d)[:-](\d\d)[:-](\d\d)(?:[.-](\d{3}))?(?:-(.+?))?(?:-\d\d)?\.(webm|mkv)$/

/**
 * Galene begins another file with each track that joins a stream; what came before is some hundred bytes, and nothing to play.
 * Bytes.
 */
const SMALLEST = 4_096

/** Whether a file holds more than the beginning of one. */
export const holdsSomething = ({ size }: { size: number }): boolean => size >= SMALLEST

const PLAYABLE = 'webm'
const TYPES: Record<string, string> = { webm: 'video/webm', mkv: 'video/x-matroska' }

const endingOf = (name: string): string => name.split('.').at(-1) ?? ''

/** What browsers should take a file for. Only what can be a recording has a type of its own. */
export const typeOf = (name: string): string => TYPES[endingOf(name)] ?? 'application/octet-stream'

/** The local time that a name says; the call server's zone is taken to be this machine's. */
const startIn = (parts: readonly (string | undefined)[]): string | null => {
  const [year, month, day, hour, minute, second, ms] = parts.map((part) => Number(part ?? 0))
  const start = new Date(
    year ?? 0,
    (month ?? 1) - 1,
    day ?? 1,
    hour ?? 0,
    minute ?? 0,
    second ?? 0,
    ms ?? 0,
  )
  return Number.isNaN(start.getTime()) ? null : start.toISOString()
}

/** A file as people see it. Its name was made by others: what it does not say is left open. */
export const toRecording = ({ name, size }: { name: string; size: number }): Recording => {
  const read = NAME.exec(name)
  return {
    name,
    who: read?.[8] ?? '',
    startedAt: read ? startIn(read.slice(1, 8)) : null,
    size,
    playable: endingOf(name) === PLAYABLE,
  }
}
