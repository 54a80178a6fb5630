import { z } from 'zod'
import { parse } from '../../platform/parse.ts'

/** Longest client id, stream id, label and username, in characters. */
const name = z.string().max(256)
const dictionary = z.record(z.string().max(256), z.unknown())

/** Every field of Galene's protocol version 2, in the one flat shape that all messages share. */
const shape = z.object({
  type: z.string().default(''),
  version: z.array(z.string()).max(16).optional(),
  kind: name.default(''),
  id: name.default(''),
  replace: name.default(''),
  source: name.default(''),
  dest: name.default(''),
  username: name.optional(),
  password: z.unknown().optional(),
  token: z.string().optional(),
  group: name.default(''),
  value: z.unknown().optional(),
  noecho: z.boolean().default(false),
  sdp: z.string().default(''),
  candidate: z.looseObject({ candidate: z.string().max(1_024).optional() }).optional(),
  label: name.default(''),
  request: z.unknown().optional(),
  data: dictionary.optional(),
})

/** A message from a client, with absent fields as Galene sees them. */
export type Message = z.infer<typeof shape>

const CANONICAL = new Map(Object.keys(shape.shape).map((key) => [key.toLowerCase(), key]))

/**
 * Reads one frame: keys in any case, the last of a doubled one wins, null means absent. Trailing text is refused, unlike in Galene.
 * Throws `SyntaxError` or `PyriteError('malformed')`.
 */
export const readMessage = (frame: string): Message => {
  const json: unknown = JSON.parse(frame)
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return parse(shape, json)
  const known = Object.entries(json).flatMap(([key, value]) => {
    const canonical = CANONICAL.get(key.toLowerCase())
    return canonical === undefined ? [] : [[canonical, value] as const]
  })
  return parse(shape, Object.fromEntries(known.filter(([, value]) => value !== null)))
}

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === '' ||
  value === false ||
  (Array.isArray(value) && !value.length)

/** A message as it crosses the wire: empty fields are left out, as Galene does, but a `value` may be anything. */
export const writeMessage = (message: Record<string, unknown>): string =>
  JSON.stringify(
    Object.fromEntries(
      Object.entries(message).filter(([key, value]) =>
        key === 'value' ? value !== undefined && value !== null : !isEmpty(value),
      ),
    ),
  )

/** A subscription table: what to send of the streams with each label. "" is for labels that are not in it. */
export const readRequest = (request: unknown): Map<string, string[]> =>
  new Map(Object.entries(parse(requestTable, request ?? {})))

const words = z.array(z.string().max(64)).max(8)
const requestTable = z
  .record(
    name,
    words.nullable().transform((each) => each ?? []),
  )
  .refine((table) => Object.keys(table).length <= 64, 'too many labels')

/** What to send of one stream; undefined puts it back under the subscription table. */
export const readStreamRequest = (request: unknown): string[] | undefined =>
  parse(words.optional(), request ?? undefined)

/** Largest user data or group data, in characters of JSON. */
const MAX_DATA_LENGTH = 16_384
export const isSmallEnough = (data: Record<string, unknown>): boolean =>
  JSON.stringify(data).length <= MAX_DATA_LENGTH

/** The changes a `setdata` asks for. Undefined when its value is no object. */
export const readChanges = (value: unknown): Record<string, unknown> | undefined =>
  dictionary.safeParse(value).data
