import { type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { PyriteError } from '../../../platform/errors.ts'
import { readWhole } from '../../../platform/http/proxy.ts'
import type { SfuOrigin } from '../../sfu.ts'

export type Question = {
  method: string
  /** With the slash it begins with. */
  path: string
  headers: Record<string, string>
  body?: string
}
export type WholeAnswer = { status: number; headers: IncomingHttpHeaders; body: string }

const ANSWER_MS = 5_000
const MAX_BYTES = 4_194_304

const begin = ({ url, agent }: SfuOrigin, { method, path, headers, body }: Question) =>
  new Promise<IncomingMessage>((resolve, reject) => {
    const request = url.startsWith('https:') ? requestHttps : requestHttp
    // The whole time, not that without a byte.
    const signal = AbortSignal.timeout(ANSWER_MS)
    request(`${url}${path}`, { method, agent, headers, signal }, resolve)
      .on('error', reject)
      .end(body)
  })

/** Asks the SFU something of Pyrite's own over HTTP, and answers with all of what it says. Throws `calls.no-answer`. */
export const askWhole = async (origin: SfuOrigin, question: Question): Promise<WholeAnswer> => {
  const answer = await begin(origin, question).catch((cause: unknown) => {
    throw new PyriteError('calls.no-answer', 'the call server does not answer', { cause })
  })
  const body = await readWhole(answer, MAX_BYTES)
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: body.toString('utf8') }
}
