import { createHmac } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { z } from 'zod'
import type { Log } from '../../platform/log.ts'

/** The file that Galene reads as well; other fields are ignored. */
const entriesShape = z.array(
  z.looseObject({
    urls: z.array(z.string()).min(1),
    username: z.string().optional(),
    credential: z.string().optional(),
    credentialType: z.string().optional(),
  }),
)
type Entry = z.infer<typeof entriesShape>[number]

/** How long a password made from a shared secret is good, in seconds: as long as Galene's. */
const SECRET_TTL_SECONDS = 86_400

/** One server as a browser takes it. */
const forBrowsers = ({ urls, username, credential, credentialType }: Entry, now: Date) => {
  if (credentialType !== 'hmac-sha1') {
    return username === undefined ? { urls } : { urls, username, credential }
  }
  const expires = Math.floor(now.getTime() / 1_000) + SECRET_TTL_SECONDS
  const name = username ? `${expires}:${username}` : `${expires}`
  const made = createHmac('sha1', credential ?? '')
    .update(name)
    .digest('base64')
  return { urls, username: name, credential: made, credentialType: 'password' }
}

/** The `rtcConfiguration` of a join: the servers in the file, read again when it changes. No file: none. */
export const createIceServers = (path: string | undefined, now: () => Date, log: Log) => {
  let modified = 0
  let entries: Entry[] = []
  const refresh = (file: string) => {
    try {
      const { mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? { mtimeMs: 0 }
      if (mtimeMs === modified) return
      modified = mtimeMs
      entries = mtimeMs === 0 ? [] : entriesShape.parse(JSON.parse(readFileSync(file, 'utf8')))
    } catch (error) {
      log.warn({ err: error }, 'the file with ICE servers cannot be used')
    }
  }
  return (): Record<string, unknown> => {
    if (path !== undefined) refresh(path)
    if (entries.length === 0) return {}
    return { iceServers: entries.map((entry) => forBrowsers(entry, now())) }
  }
}
