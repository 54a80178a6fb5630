import type { CallCard, CallStay } from '../../../lib/protocol/calls.ts'

/** "1 person", "3 people". */
export const peopleWords = (count: number): string => (count === 1 ? '1 person' : `${count} people`)

/** One person in a call, with each of their stays. */
export type Attendance = { userId: string; stays: CallStay[]; isIn: boolean }

/** Everybody who was in a call, in the order of coming. */
export const attendanceOf = ({ stays }: CallCard): Attendance[] => {
  const byPerson = new Map<string, Attendance>()
  for (const stay of stays) {
    const { userId, leftAt } = stay
    const known = byPerson.get(userId) ?? { userId, stays: [], isIn: false }
    const isIn = known.isIn || leftAt === null
    byPerson.set(userId, { userId, stays: [...known.stays, stay], isIn })
  }
  return [...byPerson.values()]
}

const MOST_NAMES = 4

/** "Alice, Bob, Carol", or the first few "and 3 more". */
export const namesWords = (names: readonly string[]): string => {
  const more = names.length - MOST_NAMES
  if (more <= 1) return names.join(', ')
  return `${names.slice(0, MOST_NAMES).join(', ')} and ${more} more`
}
