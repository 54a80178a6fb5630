/** What `work` answers, or `late()` where it takes longer than `ms`. Goes on without it then: what it answers later counts for nothing. */
export const inTime = async <T>(ms: number, work: Promise<T>, late: () => T): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<T>((done) => {
    timer = setTimeout(() => done(late()), ms)
  })
  try {
    return await Promise.race([work, limit])
  } finally {
    clearTimeout(timer)
  }
}
