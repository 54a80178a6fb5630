import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { PyriteError } from '../../../platform/errors.ts'
import { sendOn } from '../../../platform/http/proxy.ts'
import type { Log } from '../../../platform/log.ts'
import type { RecordedFile, Recordings, SfuOrigin } from '../../sfu.ts'
import { statusPath } from '../wire/facts.ts'
import { askForPeople } from './ask-for-people.ts'
import { FRESH_MS, isRecordingName, notFinished } from './recording-names.ts'

export type RemoteNeeds = {
  origin: () => SfuOrigin
  /** What Galene calls itself, where it has a canonicalHost. */
  host: string
  user: string
  password: string
  isRecording: (group: string) => boolean
  log: Log
}

const ANSWER_MS = 10_000
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
/** Newest files that are looked at while a recording runs; the others are older than it. */
const MAX_LOOKED_AT = 30

/** One row of Galene's page: the name as it is shown, and the size. Source: webserver.go, serveGroupRecordings. */
const ROW = /<tr><td><a href="[^"]*">([^<]*)<\/a><\/td><td>(\d+)<\/td>/g
const ENTITIES: Record<string, string> = {
  '&lt;': '<',
  '&gt;': '>',
  '&#34;': '"',
  '&#39;': "'",
  '&amp;': '&',
}
const unescaped = (text: string): string =>
  text.replace(/&(?:lt|gt|amp|#34|#39);/g, (entity) => ENTITIES[entity] ?? entity)

/** The files on Galene's page of a group's recordings. */
export const filesOn = (page: string): RecordedFile[] =>
  [...page.matchAll(ROW)]
    .map(([, name = '', size = '']) => ({ name: unescaped(name), size: Number(size) }))
    .filter(({ name }) => isRecordingName(name))

/** Of a request, what asks for a part of a file or for a newer one. */
const ASKED = ['range', 'if-range', 'if-none-match', 'if-modified-since'] as const
/** Of an answer, what says which part of which file it is. */
const ANSWERED = ['content-length', 'content-range', 'accept-ranges', 'etag', 'last-modified']
const PASSED = new Set([200, 206, 304, 416])

const only = (headers: IncomingHttpHeaders, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = headers[name]
      return typeof value === 'string' ? [[name, value]] : []
    }),
  )

/** By the server's own clock, so that ours need not agree. */
const isGrowing = ({ date, 'last-modified': modified }: IncomingHttpHeaders): boolean =>
  date !== undefined && modified !== undefined && Date.parse(date) - Date.parse(modified) < FRESH_MS

const failures =
  (log: Log) =>
  (group: string, status: number | undefined): PyriteError => {
    const hint = 'galene.recordings_user must be a user with a password and "record" in each group'
    log.warn({ group, status, hint }, 'the call server does not hand out recordings')
    return new PyriteError('calls.no-answer', 'the call server does not hand out recordings')
  }

/** Recordings over Galene's own /recordings/, which takes the password of a user with the permission `record`, and no token. */
export const recordingsRemote = (needs: RemoteNeeds): Recordings => {
  const { origin, host, user, password, isRecording, log } = needs
  const basic = Buffer.from(`${user}:${password}`).toString('base64')
  const ours = { authorization: `Basic ${basic}`, ...(host && { host }) }
  const pathOf = (group: string, name = '') => `/recordings/${group}/${encodeURIComponent(name)}`

  const failed = failures(log)
  /** Galene 1.1 knows only groups in its memory; asking for the status of one puts it there. */
  const awaken = (group: string) =>
    askForPeople(origin(), statusPath(group), { headers: host ? { host } : {} })
  /** Asks for the page of a group. */
  const ask = async (group: string, question: { method?: string; body?: string }, more = {}) => {
    await awaken(group)
    return askForPeople(origin(), pathOf(group), { ...question, headers: { ...ours, ...more } })
  }
  const headOf = (group: string, name: string) =>
    askForPeople(origin(), pathOf(group, name), { method: 'HEAD', headers: ours })
  const isFinished = async (group: string, { name }: RecordedFile): Promise<boolean> => {
    const { status, headers } = await headOf(group, name)
    return status === 200 && !isGrowing(headers)
  }
  const mustBeFinished = async (group: string, name: string): Promise<void> => {
    if (isRecording(group) && isGrowing((await headOf(group, name)).headers)) throw notFinished()
  }
  const finished = async (group: string, files: RecordedFile[]): Promise<RecordedFile[]> => {
    if (!isRecording(group)) return files
    const older = files.slice(0, -MAX_LOOKED_AT)
    const newest = files.slice(-MAX_LOOKED_AT)
    const verdicts = await Promise.all(newest.map((file) => isFinished(group, file)))
    return [...older, ...newest.filter((_, n) => verdicts[n])]
  }

  const forward = async (
    group: string,
    name: string,
    request: IncomingMessage,
    response: ServerResponse,
  ) => {
    await awaken(group)
    await mustBeFinished(group, name)
    const { url, agent } = origin()
    const headers = { ...ours, ...only(request.headers, ASKED) }
    const target = { url: `${url}${pathOf(group, name)}`, agent, headers, answerMs: ANSWER_MS }
    const answer = await sendOn(request, response, target)
    const status = answer.statusCode ?? 0
    if (!PASSED.has(status)) {
      answer.destroy()
      if (status === 404) throw new PyriteError('not-found', 'there is no such recording')
      throw failed(group, status)
    }
    response.writeHead(status, only(answer.headers, ANSWERED))
    // Whoever goes away in the middle, there is nobody left to tell.
    await pipeline(answer, response).catch(() => response.destroy())
  }

  return {
    async list(group) {
      const { status, text } = await ask(group, {})
      // There is no folder until something was recorded.
      if (status === 404) return []
      if (status !== 200) throw failed(group, status)
      return finished(group, filesOn(text))
    },
    open: async (group, name) =>
      isRecordingName(name)
        ? { forward: (request, response) => forward(group, name, request, response) }
        : undefined,
    async remove(group, name) {
      if (!isRecordingName(name)) return false
      await mustBeFinished(group, name)
      const body = new URLSearchParams({ q: 'delete', filename: name }).toString()
      const { status } = await ask(group, { method: 'POST', body }, FORM)
      if (status === 404) return false
      if (status !== 303) throw failed(group, status)
      return true
    },
  }
}
