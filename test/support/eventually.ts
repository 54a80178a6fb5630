/** Repeats `check` until it no longer throws, at most `withinMs` long; then throws what it threw last. Answers what it answered. */
export const eventually = async <T>(
  check: () => T | Promise<T>,
  withinMs = 15_000,
  everyMs = 25,
): Promise<T> => {
  const until = performance.now() + withinMs
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (performance.now() > until) throw error
      await new Promise((done) => setTimeout(done, everyMs))
    }
  }
}
