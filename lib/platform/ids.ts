import { randomBytes } from 'node:crypto'

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/** 20 characters of Crockford's base 32: 100 random bits, safe in URLs and file names. */
export const newId = (): string =>
  Array.from(randomBytes(20), (byte) => ALPHABET[byte & 31]).join('')
