import { createECDH, randomBytes } from 'node:crypto'

/** A new private key for call tokens: the scalar of a P-256 key, base64url. */
export const newSigningKey = (): string => {
  const ecdh = createECDH('prime256v1')
  ecdh.generateKeys()
  return Buffer.from(ecdh.getPrivateKey('hex').padStart(64, '0'), 'hex').toString('base64url')
}

/** A random token: 256 bits, base64url. */
export const newToken = (): string => randomBytes(32).toString('base64url')
