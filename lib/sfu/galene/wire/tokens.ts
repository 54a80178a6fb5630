import { createECDH, createHash, createPrivateKey } from 'node:crypto'
import { SignJWT } from 'jose'
import type { Config } from '../../../platform/config/schema.ts'
import type { ChannelRole } from '../../../protocol/channels.ts'
import { groupPath } from './facts.ts'

/** The public half, as a group file carries it. Galene asks for `alg`, and for `kid` where the token names one. */
export type PublicJwk = {
  kty: 'EC'
  crv: 'P-256'
  alg: 'ES256'
  kid: string
  x: string
  y: string
}

/** Whom a token lets in, where, and as what. `recording`: the channel may be recorded. */
export type Ticket = { username: string; group: string; role: ChannelRole; recording: boolean }

export type OtherTerms = { seconds?: number; permissions?: string[] }

/** How long a token is good for, in seconds: it is made for a join that follows at once. */
export const TOKEN_SECONDS = 30

const PERMISSIONS: Record<ChannelRole, readonly string[]> = {
  moderator: ['op', 'present', 'message', 'caption', 'token'],
  member: ['present', 'message'],
  listener: ['message'],
}

/** The permissions of a role, always spelled out: Galene expands and implies nothing in a token [SFU-6]. */
export const permissionsOf = (role: ChannelRole, recording: boolean): string[] => [
  ...PERMISSIONS[role],
  ...(role === 'moderator' && recording ? ['record'] : []),
]

const base64url = (bytes: Buffer): string => bytes.toString('base64url')

const readKey = (scalar: string) => {
  try {
    const d = Buffer.from(scalar, 'base64url')
    const ecdh = createECDH('prime256v1')
    ecdh.setPrivateKey(d)
    const point = ecdh.getPublicKey()
    const x = base64url(point.subarray(1, 33))
    const y = base64url(point.subarray(33))
    const jwk = { kty: 'EC', crv: 'P-256', d: base64url(d), x, y }
    return { x, y, key: createPrivateKey({ key: jwk, format: 'jwk' }) }
  } catch {
    // The cause is left out on purpose: it may repeat the key.
    throw new Error('sfu.signing_key is not the base64url of a P-256 private key')
  }
}

const thumbprint = (x: string, y: string): string =>
  createHash('sha256')
    .update(JSON.stringify({ crv: 'P-256', kty: 'EC', x, y }))
    .digest('base64url')
    .slice(0, 16)

/** Makes the tokens that Galene trusts. The private key stays in here. Throws on a key that is none. */
export const createTokens = (needs: { config: Config['sfu']; now: () => Date }) => {
  const { x, y, key } = readKey(needs.config.signing_key)
  const jwk: PublicJwk = { kty: 'EC', crv: 'P-256', alg: 'ES256', kid: thumbprint(x, y), x, y }
  const host = needs.config.token_audience || 'localhost'
  const header = { alg: jwk.alg, kid: jwk.kid, typ: 'JWT' }
  return {
    jwk,
    /** A token for one join: good for `TOKEN_SECONDS`, in one group, with the permissions of one role, unless `other` says so. */
    sign({ username, group, role, recording }: Ticket, other: OtherTerms = {}): Promise<string> {
      const { seconds = TOKEN_SECONDS, permissions = permissionsOf(role, recording) } = other
      const iat = Math.floor(needs.now().getTime() / 1000)
      return new SignJWT({ permissions })
        .setProtectedHeader(header)
        .setSubject(username)
        .setAudience(`https://${host}${groupPath(group)}`)
        .setIssuedAt(iat)
        .setExpirationTime(iat + seconds)
        .sign(key)
    },
  }
}
export type Tokens = ReturnType<typeof createTokens>
