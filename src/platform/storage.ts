/** Small texts kept in this browser. Losing them is never an error: private windows and full disks refuse quietly. */
export type Storage = {
  read(key: string): string | undefined
  /** Undefined or '' forgets the key. */
  write(key: string, text: string | undefined): void
  /** Forgets every key that begins so. */
  forgetAll(prefix: string): void
}

type Area = Pick<globalThis.Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>

const quietly = <T>(run: () => T): T | undefined => {
  try {
    return run()
  } catch {
    // The browser forbids storage or is out of room; what is kept here is a convenience only.
    return undefined
  }
}

/** `area` is asked for each time, because merely touching localStorage throws where it is forbidden. */
export const createStorage = (area: () => Area): Storage => {
  const write = (key: string, text: string | undefined) =>
    quietly(() => (text ? area().setItem(key, text) : area().removeItem(key)))
  return {
    read: (key) => quietly(() => area().getItem(key)) ?? undefined,
    write,
    forgetAll(prefix) {
      const keys = quietly(() => Array.from({ length: area().length }, (_, i) => area().key(i)))
      for (const key of keys ?? []) if (key?.startsWith(prefix)) write(key, undefined)
    },
  }
}
