import { hash, verify } from '@node-rs/argon2'
import { PyriteError } from '../../platform/errors.ts'

/** Password hashes, so that tests may count them. Both take as long whatever the password. */
export type Hashing = {
  hash(password: string): Promise<string>
  /** Without a stored hash it does the same work and answers false, so that an unknown name takes as long as a known one. */
  verify(stored: string | undefined, password: string): Promise<boolean>
}

/** argon2id with 19 MiB and two passes: what OWASP's password storage sheet asks for. About 30 ms of one core. */
const COST = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const
/** The hash of a random password that nobody knows, at the same cost. */
const NOBODY =
  '$argon2id$v=19$m=19456,t=2,p=1$cVRyppCgnsNWoAL51SgGlA$Q9EvF9JRgr1vWI9xFlewqBfPe3lrJnpDK167bYQQrac'
/** Callers that may wait for their turn; more are sent away, for nobody waits that long. */
const MAX_WAITING = 100

/** Runs at most `atOnce` jobs at a time, the others in the order they came. */
const queue = (atOnce: number) => {
  const waiting: (() => void)[] = []
  let free = atOnce
  const turn = (): Promise<void> | undefined => {
    if (free === 0) return new Promise((go) => waiting.push(go))
    free -= 1
    return
  }
  /** Hands my place to who waits longest. */
  const leave = () => {
    const next = waiting.shift()
    if (next) next()
    else free += 1
  }
  return async <T>(job: () => Promise<T>): Promise<T> => {
    if (waiting.length >= MAX_WAITING) {
      throw new PyriteError('too-many-requests', 'too many people sign in at once', {
        retryAfter: 5,
      })
    }
    await turn()
    try {
      return await job()
    } finally {
      leave()
    }
  }
}

/** argon2id on other threads, `atOnce` at a time. Throws `too-many-requests` when the line is long. */
export const createHashing = ({ atOnce }: { atOnce: number }): Hashing => {
  const run = queue(atOnce)
  // One spelling of a password, however a keyboard composes its letters.
  const plain = (password: string) => password.normalize('NFKC')
  return {
    hash: (password) => run(() => hash(plain(password), COST)),
    verify: (stored, password) =>
      run(async () => (await verify(stored ?? NOBODY, plain(password))) && stored !== undefined),
  }
}
