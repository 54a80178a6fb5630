import { mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Config } from '../../platform/config/schema.ts'
import { isMissing, replaceFile } from '../../platform/files.ts'
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
/** Pyrite's own passwords are made anew after this part of their time, so that the last who get one have it for all of that. */
const RENEWED_AFTER = 0.5
/** For how long Galene may go on giving what it read. Source: ice/ice.go, as the renewal of its own passwords. */
const MOST_CACHED_SECONDS = 300
/** It holds a secret: for its owner only, until somebody decides otherwise. */
const FILE_MODE = 0o600
const TEMPORARY = '.pyrite-ice-servers.tmp'
const RETRY_MS = 60_000

const isTurn = (url: string): boolean => url.startsWith('turn')

/** What makes a TURN server believe us. */
const credentials = (galene: Config['galene'], now: Date): Partial<Entry> => {
  const { ice_secret, ice_ttl_seconds } = galene
  if (ice_ttl_seconds === GALENE_TTL_SECONDS) {
    return { username: USERNAME, credential: ice_secret, credentialType: 'hmac-sha1' }
  }
  const seconds = ice_ttl_seconds * (1 + RENEWED_AFTER) + MOST_CACHED_SECONDS
  const expires = new Date(now.getTime() + seconds * 1_000)
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
    if (text !== before) await replaceFile(path, text, { mode: FILE_MODE, temporary: TEMPORARY })
  }
  const later = (ms: number) => {
    if (!isStopped) timer = setTimeout(() => void round(), ms).unref()
  }
  const round = async (): Promise<void> => {
    try {
      await write()
      problem = undefined
      if (config.ice_ttl_seconds < GALENE_TTL_SECONDS)
        later(config.ice_ttl_seconds * RENEWED_AFTER * 1_000)
    } catch (error) {
      problem = (error as Error).message
      log.warn({ err: error }, 'the file with ICE servers is not written')
      later(RETRY_MS)
    }
  }
  return {
    /** Why the file is not as the settings say; undefined where it is. */
    problem: (): string | undefined => problem,
    /** The file is there when this resolves. Never rejects. May follow a stop. */
    async start(): Promise<void> {
      isStopped = false
      if (path !== '') await round()
    },
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
