/** Where the browser half says what happened. `bug` reaches the browser's error console and whoever listens for errors there. */
export type Log = {
  bug(error: unknown): void
}

export const createLog = ({ report }: { report: (error: unknown) => void }): Log => ({
  bug: (error) => report(error),
})
