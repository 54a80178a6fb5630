import type { Recording } from '../../../lib/protocol/recordings.ts'

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** A size as people read it: "1.4 MB". Thousands, not 1,024s. */
export const sizeWords = (bytes: number): string => {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  const value = bytes / 1000 ** power
  return `${value.toFixed(power === 0 || value >= 100 ? 0 : 1)} ${UNITS[power]}`
}

/** Whose recording it is, as far as its file says. */
export const whoWords = (
  { who }: Recording,
  nameOf: (username: string) => string | undefined,
): string => nameOf(who) ?? (who || 'Somebody')
