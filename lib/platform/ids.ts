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
