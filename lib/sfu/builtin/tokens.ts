import { type CryptoKey, decodeProtectedHeader, importJWK, type JWTPayload, jwtVerify } from 'jose'
import { z } from 'zod'
import type { GroupDescription } from './groups.ts'
import { Refusal } from './refusals.ts'

/** Clocks may differ by this much. */
const LEEWAY_SECONDS = 5
const MAX_TOKEN_LENGTH = 8_192
const MAX_USERNAME_LENGTH = 256

/** Who a token says its bearer is, and what they may do. */
export type Identity = { username: string; permissions: string[] }

export type Credentials = {
  group: string
  description: GroupDescription
  token: string
  /** Used when the token names nobody. */
  username: string | undefined
  now: Date
}

const claimsShape = z.looseObject({
  exp: z.number().positive(),
  iat: z.number().optional(),
  sub: z.string().optional(),
  aud: z.union([z.string(), z.array(z.string())]),
  permissions: z.array(z.string()).nullish(),
})

const notAuthorised = () => new Refusal('not authorised')

/** Reads a join token as Galene reads a JWT (jwt.go). Throws `Refusal`, and never says why a token is bad. */
export const identityOf = async (credentials: Credentials): Promise<Identity> => {
  const claims = claimsShape.safeParse(await verified(credentials))
  if (!claims.success) throw notAuthorised()
  const { aud, iat, sub, permissions } = claims.data
  if (iat !== undefined && iat > credentials.now.getTime() / 1000 + LEEWAY_SECONDS)
    throw notAuthorised()
  if (![aud].flat().some((url) => pathOf(url) === `/group/${credentials.group}/`))
    throw notAuthorised()
  const username = sub || givenUsername(credentials)
  if (!isUsername(username)) throw notAuthorised()
  // "system" marks a server's own connections; nobody outside may claim it.
  return { username, permissions: (permissions ?? []).filter((word) => word !== 'system') }
}

const givenUsername = ({ username, description }: Credentials): string => {
  if (username !== undefined && Object.hasOwn(description.users, username))
    throw new Refusal('not authorised: this username is taken', 'duplicate-username')
  return username ?? ''
}

const verified = async ({ description, token, now }: Credentials): Promise<JWTPayload> => {
  if (token.length > MAX_TOKEN_LENGTH) throw notAuthorised()
  try {
    const { alg = '', kid } = decodeProtectedHeader(token)
    for (const key of await keysFor(description.authKeys, alg, kid)) {
      const payload = await verifiedBy(key, alg, token, now)
      if (payload) return payload
    }
  } catch {
    throw notAuthorised()
  }
  throw notAuthorised()
}

const verifiedBy = async (
  key: CryptoKey | Uint8Array,
  alg: string,
  token: string,
  now: Date,
): Promise<JWTPayload | undefined> => {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: [alg],
      clockTolerance: LEEWAY_SECONDS,
      currentDate: now,
      requiredClaims: ['exp', 'aud'],
    })
    return payload
  } catch {
    // Another key may fit: a group lists several while keys are exchanged.
    return undefined
  }
}

const symmetric = (bytes: number) => ({ kty: z.literal('oct'), k: base64url(bytes) })
const base64url = (bytes: number) =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/)
    .refine((text) => Buffer.from(text, 'base64url').length === bytes)

/** The keys Galene knows. Anything else in a group's list is malformed, and spoils the whole list. */
const jwkShape = z.discriminatedUnion('alg', [
  z.looseObject({
    alg: z.literal('ES256'),
    kty: z.literal('EC'),
    crv: z.literal('P-256'),
    x: base64url(32),
    y: base64url(32),
  }),
  z.looseObject({ alg: z.literal('HS256'), ...symmetric(32) }),
  z.looseObject({ alg: z.literal('HS384'), ...symmetric(48) }),
  z.looseObject({ alg: z.literal('HS512'), ...symmetric(64) }),
  z.looseObject({ alg: z.literal('RS256'), kty: z.literal('RSA'), n: z.string(), e: z.string() }),
])

const keysFor = (
  keys: GroupDescription['authKeys'],
  alg: string,
  kid: string | undefined,
): Promise<(CryptoKey | Uint8Array)[]> =>
  Promise.all(
    keys
      .filter((key) => key.alg === alg && (kid === undefined || key.kid === kid))
      .map((key) => importJWK(publicPart(jwkShape.parse(key)), alg)),
  )

/** A private key that strayed into a group file still verifies, but is never used as one. */
const publicPart = <Key extends Record<string, unknown>>({ d: _private, ...key }: Key) => key

/** The decoded path of an audience, which is a URL or a path; empty when it cannot be read. Dots are not resolved. */
const pathOf = (audience: string): string => {
  const path = /^(?:[a-z][a-z0-9+.-]*:)?(?:\/\/[^/?#]*)?([^?#]*)/i.exec(audience)?.[1] ?? ''
  try {
    return decodeURIComponent(path)
  } catch {
    return ''
  }
}

/** Galene's rule for names: empty, or a clean relative path. */
export const isUsername = (name: string): boolean =>
  name === '' ||
  (name.length <= MAX_USERNAME_LENGTH &&
    !name.includes('\\') &&
    name.split('/').every((part) => part !== '' && part !== '.' && part !== '..'))
