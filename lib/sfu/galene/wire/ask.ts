import { type ClientRequest, type IncomingHttpHeaders, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { SfuOrigin } from '../../sfu.ts'

export type Question = {
  method?: string
  headers?: Record<string, string>
  body?: string
  withinMs?: number
}
export type Answer = { status: number; headers: IncomingHttpHeaders; text: string }

const NO_NAME = new Set(['ENOTFOUND', 'EAI_AGAIN'])
/** That the name in sfu.url leads nowhere, in a sentence; undefined for any other trouble. */
export const nameTrouble = ({ code = '' }: Error & { code?: string }): string | undefined =>
  NO_NAME.has(code)
    ? `this machine finds no address for the host name in sfu.url (DNS, ${code})`
    : undefined

const ANSWER_MS = 3_000
/** Lists of many groups fit well; more is no answer of Galene. */
const MAX_ANSWER_BYTES = 8_388_608

/** Has a code, as have the errors of a connection. */
const tooLate = () => Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })

/**
 * One question of Pyrite's own to the SFU over HTTP, and its whole answer; `began` is given the request, to let go of it. Rejects
 * where nobody answers in time, or may not: see tls.ts.
 */
export const askWhole = (
  { url, agent }: SfuOrigin,
  path: string,
  { method = 'GET', headers = {}, body, withinMs = ANSWER_MS }: Question,
  began: (request: ClientRequest) => void = () => undefined,
): Promise<Answer> =>
  new Promise((done, fail) => {
    const request = url.startsWith('https:') ? requestHttps : requestHttp
    const asked = request(`${url}${path}`, { agent, method, headers }, (response) => {
      const { statusCode: status = 0 } = response
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        text += part
        if (text.length > MAX_ANSWER_BYTES) response.destroy(new Error('this is no Galene'))
      })
      response.on('error', fail)
      response.on('end', () => done({ status, headers: response.headers, text }))
    })
    // Not the time without a byte: an answer that trickles would hold up every round. AbortSignal.timeout would go on
    // after the answer, and costs as much as the whole question.
    const late = setTimeout(() => asked.destroy(tooLate()), withinMs)
    asked.on('close', () => clearTimeout(late))
    began(asked)
    asked.on('error', fail)
    asked.end(body)
  })
