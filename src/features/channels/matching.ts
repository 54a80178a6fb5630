const plain = (text: string): string =>
  text.normalize('NFD').replace(/\p{M}/gu, '').toLocaleLowerCase()

/** Those whose name has the words in it; names that begin with them first. */
export const matching = <T extends { name: string }>(list: readonly T[], words: string): T[] => {
  const wanted = plain(words.trim())
  const places = list.map((one) => ({ one, at: plain(one.name).indexOf(wanted) }))
  return places
    .filter(({ at }) => at >= 0)
    .sort((a, b) => Number(a.at > 0) - Number(b.at > 0))
    .map(({ one }) => one)
}
