/** How many letters have to be added, left out or changed to make one word of another (Levenshtein). */
const distance = (one: string, other: string): number => {
  let row = Array.from({ length: other.length + 1 }, (_, n) => n)
  for (const [i, letter] of [...one].entries()) {
    const next = [i + 1]
    for (const [j, above] of [...other].entries()) {
      const change = (row[j] ?? 0) + (letter === above ? 0 : 1)
      next.push(Math.min(change, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row[other.length] ?? 0
}

/** Longer words were typed by people and programs that are not ours: nothing is near them. */
const LONGEST = 100

/** The known word that was probably meant; undefined where none is near: at most every third letter may be wrong. */
export const nearest = (word: string, known: readonly string[]): string | undefined => {
  if (word.length > LONGEST) return
  const most = Math.ceil(word.replace(/^PYRITE_/, '').length / 3)
  const byDistance = known.map((one) => ({ one, is: distance(word, one) }))
  const [best] = byDistance.sort((a, b) => a.is - b.is)
  return best && best.is <= most ? best.one : undefined
}
