import { createHmac } from 'node:crypto'
import type { IceCredentials } from './stun-client.ts'

/** A name and password that a TURN server with this shared secret takes until `expires`. Source: coturn, use-auth-secret. */
export const expiringCredentials = (
  secret: string,
  expires: Date,
  user = 'pyrite',
): IceCredentials => {
  const username = `${Math.floor(expires.getTime() / 1_000)}:${user}`
  return { username, password: createHmac('sha1', secret).update(username).digest('base64') }
}
