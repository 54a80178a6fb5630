import { type ClientRequestArgs, get as getHttp, type IncomingMessage } from 'node:http'
import { get as getHttps } from 'node:https'
import { nameTrouble } from './ask.ts'
import { statusPath } from './facts.ts'
import { type Connecting, UntrustedServer } from './tls.ts'

/** What the SFU answers when asked for a group. `aheadMs`: by how much its clock is ahead of ours, at best known to a second. */
export type StatusAnswer =
  | {
      is: 'answered'
      status: number
      aheadMs?: number
      location?: string
      endpoint?: string
    }
  | { is: 'unreachable'; why: string }
  /** Its certificate proves nothing: it was asked nothing. */
  | { is: 'untrusted'; why: string }

export type StatusNeeds = {
  url: string
  group: string
  /** The Host to name; empty: that of the URL. */
  host: string
  connecting: Pick<Connecting, 'agent'>
  now: () => Date
}

const TIMEOUT_MS = 5_000
const TOO_LATE = `no answer within ${TIMEOUT_MS / 1_000} seconds`
const MOST_BYTES = 65_536
const SECOND_MS = 1_000

/** A Date header is cut to the second: any time within that second would do, and the nearest is taken. */
const aheadBy = (date: string | undefined, sent: number, heard: number): number | undefined => {
  const told = Date.parse(date ?? '')
  if (Number.isNaN(told)) return undefined
  if (told > heard) return told - heard
  if (told + SECOND_MS < sent) return told + SECOND_MS - sent
  return 0
}

const endpointIn = (body: string): string | undefined => {
  try {
    const { endpoint } = JSON.parse(body) as { endpoint?: unknown }
    return typeof endpoint === 'string' ? endpoint : undefined
  } catch {
    // No JSON: an error page, or no Galene.
    return undefined
  }
}

const bodyOf = async (response: IncomingMessage): Promise<string> => {
  let body = ''
  for await (const chunk of response) {
    if (body.length < MOST_BYTES) body += String(chunk)
  }
  return body
}

/** Asks the SFU for the status of a group, which needs no credentials. Never rejects. */
export const askStatus = (needs: StatusNeeds): Promise<StatusAnswer> =>
  new Promise((done) => {
    const { url, group, host, connecting, now } = needs
    const get = url.startsWith('https:') ? getHttps : getHttp
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const fail = (error: Error) => {
      const is = error instanceof UntrustedServer ? 'untrusted' : 'unreachable'
      done({ is, why: signal.aborted ? TOO_LATE : (nameTrouble(error) ?? error.message) })
    }
    const options: ClientRequestArgs & { signal: AbortSignal } = {
      agent: connecting.agent,
      signal,
      ...(host && { headers: { host } }),
    }
    const sent = now().getTime()
    const request = get(`${url}${statusPath(group)}`, options, (response) => {
      const aheadMs = aheadBy(response.headers.date, sent, now().getTime())
      const { statusCode = 0, headers } = response
      bodyOf(response).then((body) => {
        const endpoint = endpointIn(body)
        done({
          is: 'answered',
          status: statusCode,
          ...(aheadMs !== undefined && { aheadMs }),
          ...(headers.location !== undefined && { location: headers.location }),
          ...(endpoint !== undefined && { endpoint }),
        })
      }, fail)
    })
    request.on('error', fail)
  })
