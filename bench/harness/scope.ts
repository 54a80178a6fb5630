/** Things to undo when a measurement is over, however it ended; the last one first. */
export type Scope = { defer(undo: () => unknown): void }

/** Runs `work` and undoes what it deferred. */
export const withScope = async <T>(work: (scope: Scope) => Promise<T>): Promise<T> => {
  const undos: (() => unknown)[] = []
  try {
    return await work({ defer: (undo) => undos.push(undo) })
  } finally {
    for (const undo of undos.reverse()) await undo()
  }
}
