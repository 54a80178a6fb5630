/** Runs the jobs of one key one after the other. */
export const turns = () => {
  const last = new Map<string, Promise<unknown>>()
  return async <T>(id: string, job: () => Promise<T>): Promise<T> => {
    const mine = (last.get(id) ?? Promise.resolve()).then(job, job)
    last.set(id, mine)
    try {
      return await mine
    } finally {
      if (last.get(id) === mine) last.delete(id)
    }
  }
}
