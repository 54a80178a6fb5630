/** Work on things by name: what concerns one name is done one after the other, in the order in which it was asked for. */
export const createTurns = () => {
  const last = new Map<string, Promise<void>>()
  return {
    take(name: string, work: () => Promise<void>): Promise<void> {
      const before = last.get(name) ?? Promise.resolve()
      const mine = before.then(work, work).finally(() => {
        if (last.get(name) === mine) last.delete(name)
      })
      last.set(name, mine)
      return mine
    },
    /** Resolves or rejects with the work that was asked for last; undefined while there is none. */
    of: (name: string): Promise<void> | undefined => last.get(name),
  }
}
