import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Log } from '../../platform/log.ts'
import { Refusal } from './refusals.ts'

/** Largest group file that is read, in bytes. */
const MAX_GROUP_FILE_BYTES = 4_194_304
const DEFAULT_CODECS = ['vp8', 'opus']

/** What permissions a role's name stands for. */
export const ROLES: Readonly<Record<string, readonly string[]>> = {
  op: ['op', 'present', 'message', 'caption', 'token'],
  present: ['present', 'message'],
  message: ['message'],
  observe: [],
  caption: ['caption'],
  admin: ['admin'],
}

const permissions = z.union([z.string(), z.array(z.string())])
const user = z.strictObject({
  password: z.unknown().optional(),
  permissions: permissions.optional(),
})
const legacyUsers = z.array(z.unknown())
const time = z.iso.datetime({ offset: true })

/** A group file, with Galene's fields and no others: one unknown field makes the whole file invalid. */
const groupFile = z.strictObject({
  displayName: z.string().default(''),
  description: z.string().default(''),
  contact: z.string().optional(),
  comment: z.string().optional(),
  public: z.boolean().default(false),
  redirect: z.string().default(''),
  'max-clients': z.int().nonnegative().default(0),
  'max-history-age': z.int().nonnegative().optional(),
  expires: time.optional(),
  'not-before': time.optional(),
  'allow-recording': z.boolean().optional(),
  'unrestricted-tokens': z.boolean().optional(),
  'auto-subgroups': z.boolean().optional(),
  autolock: z.boolean().default(false),
  autokick: z.boolean().default(false),
  users: z.record(z.string(), user).default({}),
  'wildcard-user': user.optional(),
  authKeys: z.array(z.record(z.string(), z.unknown())).default([]),
  authServer: z.string().default(''),
  authPortal: z.string().default(''),
  codecs: z.array(z.string()).default(DEFAULT_CODECS),
  op: legacyUsers.optional(),
  presenter: legacyUsers.optional(),
  other: legacyUsers.optional(),
  'allow-subgroups': z.boolean().optional(),
  'allow-anonymous': z.boolean().optional(),
})

/** A group as its file describes it. */
export type GroupDescription = z.infer<typeof groupFile>

/** The file is there but says something Galene would not take. `status` is what `.status` answers. */
export class BadGroupFile extends Error {
  readonly status: 400 | 500

  constructor(status: 400 | 500, message: string) {
    super(message)
    this.status = status
  }
}

/** Reads a group file's text. Throws `BadGroupFile`. */
export const readGroup = (text: string): GroupDescription => {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new BadGroupFile(500, 'the group file is no JSON')
  }
  const read = groupFile.safeParse(json)
  if (!read.success) {
    const [issue] = read.error.issues
    throw new BadGroupFile(500, `${issue?.path.join('.') || 'the group file'}: ${issue?.message}`)
  }
  const entries = [...Object.values(read.data.users), read.data['wildcard-user']]
  for (const entry of entries)
    if (typeof entry?.permissions === 'string' && !Object.hasOwn(ROLES, entry.permissions))
      throw new BadGroupFile(400, 'unknown permission')
  return read.data
}

/** Names that may become part of a path: narrower than Galene's, and wide enough for every slug. */
const GROUP_NAME = /^[a-z0-9][a-z0-9_-]{0,62}$/i

export const isGroupName = (name: string): boolean => GROUP_NAME.test(name)

type Kept = { size: number; modified: bigint; description: GroupDescription }

export type GroupFiles = {
  /**
   * The group as its file says now. The file is read again when its size or modification time changed.
   * Throws `Refusal` when there is no such group, `BadGroupFile` when the file cannot be used.
   */
  load(name: string): GroupDescription
}

/** The group files in `folder`. Nothing is ever written there. */
export const openGroupFiles = (folder: string, log: Log): GroupFiles => {
  const kept = new Map<string, Kept>()
  return {
    load: (name) => {
      if (!isGroupName(name)) throw new Refusal('illegal group name')
      const path = join(folder, `${name}.json`)
      const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
      if (!stat?.isFile()) {
        kept.delete(name)
        throw new Refusal('group does not exist')
      }
      const known = kept.get(name)
      if (known?.size === Number(stat.size) && known.modified === stat.mtimeNs)
        return known.description
      if (stat.size > MAX_GROUP_FILE_BYTES) throw new BadGroupFile(500, 'the group file is too big')
      const description = readOrSay(path, name, log)
      kept.set(name, { size: Number(stat.size), modified: stat.mtimeNs, description })
      return description
    },
  }
}

const readOrSay = (path: string, name: string, log: Log): GroupDescription => {
  try {
    return readGroup(readFileSync(path, 'utf8'))
  } catch (error) {
    log.warn({ group: name, err: error }, 'a group file cannot be used')
    throw error
  }
}
