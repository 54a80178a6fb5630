import { createHmac, randomBytes } from 'node:crypto'
import type { Ours } from './ours.ts'
import { isOwnName, SERVICE_USERNAME } from './service-names.ts'

/** How long the doctor, which may be another process, is in a group at most; clocks differ by no more. In milliseconds. */
const DOCTOR_MS = 15_000

/** A client id for the doctor in one group, as of now, which only who has the secret can make. */
export const doctorId = (
  secret: string,
  group: string,
  at: number,
  nonce = randomBytes(8).toString('hex'),
): string => {
  const signature = createHmac('sha256', secret).update(`doctor ${group} ${at} ${nonce}`)
  return `${at}-${nonce}-${signature.digest('hex')}`
}

/** What Galene tells of somebody in a group: `kind` is "add", "change" or "delete". */
export type Told = { kind: unknown; id: unknown; username: unknown }

/**
 * Knows Pyrite's own connections to Galene, of which people hear nothing, by their client ids: anybody whom a group of somebody's lets in
 * under any name may call themselves as we do. Galene lets nobody in under the id of somebody who is there.
 */
export const createOwnConnections = (
  secret: string,
  now: () => Date,
  { begin, ended, isVisit }: Ours['visits'],
) => {
  const isDoctor = (id: string, group: string) => {
    const [at = '', nonce = ''] = id.split('-')
    const isNow = Math.abs(now().getTime() - Number(at)) < DOCTOR_MS
    return isNow && id === doctorId(secret, group, Number(at), nonce)
  }
  return {
    begin,
    ended,
    /** Tells for one connection, which hears of a group from now on, what is said of our own there. Ask it in the order in which that is heard. */
    filter() {
      const since = performance.now()
      /** Whether each is there still: an id that has left is somebody else's when it comes again. */
      const seen = new Map<string, boolean>()
      const isOurs = (id: string, username: unknown, group: string) =>
        username === SERVICE_USERNAME ? isVisit(id, since) : isDoctor(id, group)
      return ({ kind, id, username }: Told, group: string): boolean => {
        if (typeof id !== 'string' || !isOwnName(username)) return false
        const isThere = seen.get(id) ?? (kind !== 'delete' && isOurs(id, username, group))
        if (isThere) seen.set(id, kind !== 'delete')
        return isThere
      }
    },
  }
}
export type OwnConnections = ReturnType<typeof createOwnConnections>
