import { chmod, chown, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Config } from '../../platform/config/schema.ts'
import type { Log } from '../../platform/log.ts'
import { expiringCredentials } from '../ice/credentials.ts'

/** An entry of Galene's ice-servers.json. Fields that it does not know are ignored there. Source: ice/ice.go. Proof: [FACT-ICE-FILE]. */
type Entry = {
  urls: string[]
  username?: string
  credential?: string
  credentialType?: 'hmac-sha1'
  comment: string
}

/** By this a file says that Pyrite may write it. */
const MARKER = 'managed by Pyrite'
const COMMENT = `${MARKER} from galene.ice_urls: overwritten`
const USERNAME = 'pyrite'
/** Galene makes its own passwords from the secret, for this long, anew every few minutes. */
const GALENE_TTL_SECONDS = 86_400
/** It holds a secret: for its owner only, until somebody decides otherwise. */
const FILE_MODE = 0o600
const RETRY_MS = 60_000

const isTurn = (url: string): boolean => url.startsWith('turn')

/** What makes a TURN server believe us. */
const credentials = (galene: Config['galene'], now: Date): Partial<Entry> => {
  const { ice_secret, ice_ttl_seconds } = galene
  if (ice_ttl_seconds === GALENE_TTL_SECONDS) {
    return { username: USERNAME, credential: ice_secret, credentialType: 'hmac-sha1' }
  }
  const expires = new Date(now.getTime() + ice_ttl_seconds * 1_000)
  const { username, password } = expiringCredentials(ice_secret, expires, USERNAME)
  return { username, credential: password }
}

/** The text of the file. TURN servers without a secret are left out: with one of those Galene could make no connection at all. */
export const iceServersText = (galene: Config['galene'], now: Date): string => {
  const stun = galene.ice_urls.filter((url) => !isTurn(url))
  const turn = galene.ice_secret === '' ? [] : galene.ice_urls.filter(isTurn)
  const entries: Entry[] = [
    ...(stun.length > 0 ? [{ urls: stun, comment: COMMENT }] : []),
    ...(turn.length > 0 ? [{ urls: turn, ...credentials(galene, now), comment: COMMENT }] : []),
  ]
  return `${JSON.stringify(entries, null, 1)}\n`
}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT'

const textOf = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** Whether Pyrite wrote this file; an empty list is nobody's. */
const isManaged = (text: string): boolean => {
  try {
    const entries: unknown = JSON.parse(text)
    if (!Array.isArray(entries)) return false
    return entries.every((entry: { comment?: unknown } | null) => {
      return typeof entry?.comment === 'string' && entry.comment.startsWith(MARKER)
    })
  } catch {
    // Not what Pyrite writes, so somebody else's.
    return false
  }
}

/** A Galene that runs as somebody else goes on reading a file whose rights somebody set for it. */
const keepRights = async (path: string, temporary: string) => {
  try {
    const { mode, uid, gid } = await stat(path)
    await chown(temporary, uid, gid).catch(() => chown(temporary, -1, gid))
    await chmod(temporary, mode & 0o777)
  } catch {
    // A new file, or a group that only root could give: its rights are those of new files.
  }
}

const replace = async (path: string, text: string) => {
  const temporary = join(dirname(path), '.pyrite-ice-servers.tmp')
  try {
    const file = await open(temporary, 'w', FILE_MODE)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await keepRights(path, temporary)
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

export type IceFileNeeds = {
  config: Config['galene']
  /** The file; '' where Pyrite keeps none. */
  path: string
  /** Whether its folder is Pyrite's own to make. */
  makesFolder?: boolean
  now: () => Date
  log: Log
}

/**
 * Keeps Galene's ice-servers.json as the settings say: at the start, and before passwords in it run out. A file that somebody else
 * wrote is never touched.
 */
export const createIceFile = (needs: IceFileNeeds) => {
  const { config, path, now, log } = needs
  let timer: NodeJS.Timeout | undefined
  let isStopped = false
  let problem: string | undefined

  const write = async () => {
    const before = await textOf(path)
    if (before === undefined && config.ice_urls.length === 0) return
    if (needs.makesFolder) await mkdir(dirname(path), { recursive: true })
    if (before !== undefined && !isManaged(before)) {
      throw new Error(`${path} exists and does not say that Pyrite manages it`)
    }
    const text = iceServersText(config, now())
    if (text !== before) await replace(path, text)
  }
  const later = (ms: number) => {
    if (!isStopped) timer = setTimeout(() => void round(), ms).unref()
  }
  const round = async (): Promise<void> => {
    try {
      await write()
      problem = undefined
      if (config.ice_ttl_seconds < GALENE_TTL_SECONDS) later((config.ice_ttl_seconds / 2) * 1_000)
    } catch (error) {
      problem = (error as Error).message
      log.warn({ err: error }, 'the file with ICE servers is not written')
      later(RETRY_MS)
    }
  }
  return {
    /** Why the file is not as the settings say; undefined where it is. */
    problem: (): string | undefined => problem,
    /** The file is there when this resolves. Never rejects. */
    start: (): Promise<void> => (path === '' ? Promise.resolve() : round()),
    stop() {
      isStopped = true
      clearTimeout(timer)
    },
  }
}
export type IceFile = ReturnType<typeof createIceFile>

/** Which file Pyrite keeps: that of an SFU which it runs itself, or the one that `galene.ice_file` names. */
export const iceFilePath = ({ sfu, galene }: Config, isOurs: boolean): string =>
  isOurs ? join(sfu.data_dir, 'ice-servers.json') : galene.ice_file
