import { randomFillSync } from 'node:crypto'

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const LENGTH = 20

/** Random bytes are drawn for many ids at once: a draw costs more than an id. */
const pool = Buffer.alloc(LENGTH * 256)
let used = pool.length

/** 20 characters of Crockford's base 32: 100 random bits, safe in URLs and file names. */
export const newId = (): string => {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  let id = ''
  for (const end = used + LENGTH; used < end; used += 1) {
    id += ALPHABET.charAt((pool[used] ?? 0) & 31)
  }
  return id
}

const TIME_LENGTH = 9

/**
 * An id that begins with its time: 9 characters of milliseconds, then 55 random bits. Rows made one after the other lie side by side
 * in the index of such ids, where random ones touch a page each. Tells when it was made, and is no secret.
 */
export const timedId = (at: Date): string => {
  let time = ''
  for (let rest = at.getTime(); time.length < TIME_LENGTH; rest = Math.floor(rest / 32)) {
    time = ALPHABET.charAt(rest % 32) + time
  }
  return time + newId().slice(TIME_LENGTH)
}
