import { randomBytes } from 'node:crypto'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { beforeAll, expect, test } from 'vitest'
import { readGroup } from '../../../../../lib/sfu/builtin/groups.ts'
import { Refusal } from '../../../../../lib/sfu/builtin/refusals.ts'
import { identityOf, isUsername } from '../../../../../lib/sfu/builtin/tokens.ts'
import { createIssuer, type Json, MEMBER } from '../../../../support/builtin-sfu.ts'

type Issuer = Awaited<ReturnType<typeof createIssuer>>
const SECRET = randomBytes(32)
let pyrite: Issuer
let mallory: Issuer

beforeAll(async () => {
  pyrite = await createIssuer()
  mallory = await createIssuer()
})

const at = (seconds: number) => Math.floor(Date.now() / 1000) + seconds

/** Who a token is taken for in the group "general", with these keys. */
const read = (
  token: string,
  { keys = [pyrite.jwk as Json], username }: { keys?: Json[]; username?: string } = {},
) =>
  identityOf({
    group: 'general',
    description: readGroup(JSON.stringify({ authKeys: keys, users: { alice: {} } })),
    token,
    username,
    now: new Date(),
  })
const mint = (claims: Json = {}, header: Json = {}, by = pyrite) =>
  by.mint('bob', 'general', MEMBER, claims, header)

/** A token with any header and claims, and a signature that fits nothing. */
const forged = (header: Json, claims: Json, signature = 'AAAA') => {
  const encoded = [header, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  )
  return [...encoded, signature].join('.')
}
const CLAIMS = { sub: 'bob', aud: '/group/general/', exp: at(60), permissions: MEMBER }

test('a good token says who its bearer is and what they may do', async () => {
  expect(await read(await mint())).toEqual({ username: 'bob', permissions: MEMBER })
})

test.each<[string, Json]>([
  ['five minutes old', { exp: at(-300) }],
  ['more than the leeway over', { exp: at(-8) }],
  ['not valid yet', { nbf: at(20) }],
  ['from the future', { iat: at(20) }],
  ['without an end', { exp: undefined }],
  ['with an end that is no number', { exp: 'tomorrow' }],
  ['for another group', { aud: 'https://chat.example/group/other/' }],
  ['for a group’s page without its slash', { aud: 'https://chat.example/group/general' }],
  ['for a longer path', { aud: 'https://chat.example/pyrite/group/general/' }],
  ['for a path with dots', { aud: 'https://chat.example/group/x/../general/' }],
  ['for nobody', { aud: [] }],
  ['without an audience', { aud: undefined }],
  ['for a path that cannot be decoded', { aud: '/group/%zz/' }],
  ['with permissions in one word', { permissions: 'op' }],
  ['with permissions that are no words', { permissions: [1] }],
  ['with a name like a path', { sub: '../bob' }],
  ['with a name that is no text', { sub: 7 }],
])('a token %s is refused', async (_what, claims) => {
  await expect(read(await mint(claims))).rejects.toThrow(new Refusal('not authorised'))
})

test.each<[string, Json]>([
  ['over for three seconds', { exp: at(-3) }],
  ['valid in three seconds', { nbf: at(3) }],
  ['from three seconds ahead', { iat: at(3) }],
  [
    'for several audiences',
    { aud: ['https://other.example/', 'https://any.example/group/general/'] },
  ],
  ['for a bare path', { aud: '/group/general/' }],
])('a token %s is taken', async (_what, claims) => {
  expect(await read(await mint(claims))).toMatchObject({ username: 'bob' })
})

test('a signature of somebody else is refused', async () => {
  await expect(read(await mint({}, {}, mallory))).rejects.toThrow(Refusal)
})

test.each<[string, () => string]>([
  ['no signature', () => forged({ alg: 'none' }, CLAIMS, '')],
  ['an unknown algorithm', () => forged({ alg: 'XX256' }, CLAIMS)],
  ['a made-up signature', () => forged({ alg: 'ES256', kid: 'test' }, CLAIMS)],
  [
    'a critical header nobody knows',
    () => forged({ alg: 'ES256', crit: ['b64'], b64: false }, CLAIMS),
  ],
  ['four parts', () => 'a.b.c.d'],
  ['no parts', () => 'abc'],
  ['too much text', () => 'a'.repeat(10_000)],
])('a token with %s is refused', async (_what, make) => {
  await expect(read(make())).rejects.toThrow(new Refusal('not authorised'))
})

test('the public key is no secret to sign with', async () => {
  const secret = Buffer.from(String(pyrite.jwk.x), 'base64url')
  const token = await new SignJWT(CLAIMS)
    .setProtectedHeader({ alg: 'HS256', kid: 'test' })
    .sign(secret)
  await expect(read(token)).rejects.toThrow(Refusal)
})

test('the kid picks the key: an unknown one fits none, none fits all', async () => {
  await expect(read(await mint({}, { kid: 'other' }))).rejects.toThrow(Refusal)
  expect(await read(await mint({}, { kid: undefined }))).toMatchObject({ username: 'bob' })
  const { kid: _kid, ...nameless } = pyrite.jwk
  await expect(read(await mint(), { keys: [nameless] })).rejects.toThrow(Refusal)
})

test('while keys are exchanged, both fit', async () => {
  const keys = [mallory.jwk, pyrite.jwk] as Json[]
  expect(await read(await mint(), { keys })).toMatchObject({ username: 'bob' })
})

test('one malformed key of the algorithm spoils the list, one of another does not', async () => {
  const token = await mint()
  await expect(
    read(token, { keys: [{ kty: 'EC', alg: 'ES256', kid: 'test' }, pyrite.jwk] }),
  ).rejects.toThrow(Refusal)
  const keys = [{ kty: 'oct', alg: 'HS256', k: 'short' }, pyrite.jwk]
  expect(await read(token, { keys })).toMatchObject({ username: 'bob' })
})

test.each([
  [32, true],
  [31, false],
])('a shared secret of %i bytes: %s', async (bytes, isTaken) => {
  const secret = SECRET.subarray(0, bytes)
  const keys = [{ kty: 'oct', alg: 'HS256', k: secret.toString('base64url') }]
  const token = await new SignJWT(CLAIMS).setProtectedHeader({ alg: 'HS256' }).sign(secret)
  const reading = read(token, { keys })
  if (isTaken) expect(await reading).toMatchObject({ username: 'bob' })
  else await expect(reading).rejects.toThrow(Refusal)
})

test('RSA keys are taken', async () => {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true })
  const keys = [{ ...(await exportJWK(publicKey)), alg: 'RS256' } as Json]
  const token = await new SignJWT(CLAIMS).setProtectedHeader({ alg: 'RS256' }).sign(privateKey)
  expect(await read(token, { keys })).toMatchObject({ username: 'bob' })
})

test('without a name in the token the given one counts, unless it is a listed person’s', async () => {
  const token = await mint({ sub: undefined })
  expect(await read(token, { username: 'carol' })).toMatchObject({ username: 'carol' })
  expect(await read(token)).toMatchObject({ username: '' })
  await expect(read(token, { username: 'alice' })).rejects.toMatchObject({
    word: 'duplicate-username',
  })
  expect(await read(await mint({ sub: 'alice' }), { username: 'bob' })).toMatchObject({
    username: 'alice',
  })
})

test('no token makes anybody a part of the system, and no permissions are none', async () => {
  expect(await read(await mint({ permissions: ['system', 'op'] }))).toMatchObject({
    permissions: ['op'],
  })
  expect(await read(await mint({ permissions: null }))).toMatchObject({ permissions: [] })
})

test.each([
  ['', true],
  ['bob', true],
  ['Alice c/o Bob', true],
  ['.bob', true],
  ['a//b', false],
  ['bob/', false],
  ['/bob', false],
  ['a/../b', false],
  ['a\\b', false],
])('%j may be a name: %s', (name, may) => {
  expect(isUsername(name)).toBe(may)
})
