import { z } from 'zod'
import { GROUP_FIELDS } from '../wire/facts.ts'

/**
 * The values that Galene's own reading of a group takes; anything else in one field makes it refuse the whole file. Everything may be null.
 * Source: group/description.go, Description; Go encoding/json. Proof: adoption.test.ts, `what Galene itself cannot read`.
 */
const text = z.string({ error: 'text' })
const flag = z.boolean({ error: 'true or false' })
const whole = z.int({ error: 'a whole number' })
const DATE = /T\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/
const time = z.iso
  .datetime({ offset: true, error: 'a time as in 2030-12-31T23:59:59Z' })
  .regex(DATE, 'a time as in 2030-12-31T23:59:59Z')

const ROLES = ['op', 'present', 'message', 'observe', 'caption', 'admin']
const role = z.union([z.enum(ROLES), z.array(text.nullable())], {
  error: `permissions that there are (${ROLES.join(', ')}, or a list of words)`,
})

/** An object by names in small letters: Galene matches them in any case. */
const object = (shape: z.ZodRawShape, { isStrict }: { isStrict: boolean }) =>
  z.preprocess(
    (value) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).map(([key, held]) => [key.toLowerCase(), held]))
        : value,
    (isStrict ? z.strictObject : z.looseObject)(shape, {
      error: ({ code, keys }) =>
        code === 'unrecognized_keys'
          ? `people without a field "${keys?.[0]}"`
          : 'an object in { and }',
    }),
  )
const password = z.union(
  [
    text,
    object(
      {
        ...{ type: text.nullish(), hash: text.nullish(), key: text.nullish() },
        ...{ salt: text.nullish(), iterations: whole.nullish() },
      },
      { isStrict: false },
    ),
  ],
  { error: 'passwords that are text, or a hash' },
)
const user = object(
  { password: password.nullish(), permissions: role.nullish() },
  { isStrict: true },
)
const pattern = object(
  { username: text.nullish(), password: password.nullish() },
  { isStrict: true },
)
const list = <T extends z.ZodType>(of: T) => z.array(of.nullable(), { error: 'a list in [ and ]' })
const dictionary = z.record(z.string(), user.nullable(), { error: 'an object in { and }' })
const anyObject = z.record(z.string(), z.unknown(), { error: 'objects in { and }' })

const TYPES: Record<string, z.ZodType> = {
  'max-clients': whole,
  'max-history-age': whole,
  expires: time,
  'not-before': time,
  public: flag,
  'allow-recording': flag,
  'unrestricted-tokens': flag,
  'auto-subgroups': flag,
  autolock: flag,
  autokick: flag,
  'allow-subgroups': flag,
  'allow-anonymous': flag,
  users: dictionary,
  'wildcard-user': user,
  authKeys: list(anyObject),
  codecs: list(text),
  op: list(pattern),
  presenter: list(pattern),
  other: list(pattern),
}

const BY_FOLD = new Map(GROUP_FIELDS.map((name) => [name.toLowerCase(), name]))
/** The name that Galene has for a field, whatever its case; undefined for one that it does not know. */
export const fieldNamed = (key: string): string | undefined => BY_FOLD.get(key.toLowerCase())

/** What Galene takes in a field, in words, where it cannot read what is there. `name` as Galene has it. */
const wantedIn = (name: string, value: unknown): string | undefined => {
  if (value === null) return
  return (TYPES[name] ?? text).safeParse(value).error?.issues[0]?.message
}

/** Whether Galene can read a field. `name` as Galene has it. */
export const isReadable = (name: string, value: unknown): boolean =>
  wantedIn(name, value) === undefined

/** The first field that Galene cannot read, in a sentence; undefined where it reads them all. */
export const unreadableField = (description: Record<string, unknown>): string | undefined => {
  for (const [key, value] of Object.entries(description)) {
    const name = fieldNamed(key)
    if (name === undefined) return `it knows no field "${key}"`
    const wanted = wantedIn(name, value)
    if (wanted !== undefined) return `"${key}" takes only ${wanted}`
  }
  return
}
