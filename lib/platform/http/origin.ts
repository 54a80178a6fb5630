import type { IncomingMessage } from 'node:http'
import type { Config } from '../config/schema.ts'
import { PyriteError } from '../errors.ts'

/** Says whether a page at `origin` is one of ours. */
export type OriginRule = (origin: string | undefined, host: string | undefined) => boolean

/** What a page elsewhere is told; who runs the server behind a proxy reads here what to set. */
export const foreignOrigin = (): PyriteError =>
  new PyriteError(
    'auth.foreign-origin',
    'this page may not use this server: its address must be server.public_url or in server.allowed_origins',
  )

const hostOf = (origin: string): string | undefined => {
  try {
    return new URL(origin).host
  } catch {
    // Not an origin at all, such as "null": nobody's host.
    return undefined
  }
}

/**
 * Ours are: the origin of `server.public_url` and those of `server.allowed_origins`; and, while no public_url is set,
 * a page that came from the very host it calls (a browser sends cookies only to the host that set them).
 */
export const originRule = ({ public_url, allowed_origins }: Config['server']): OriginRule => {
  const listed = new Set(
    [...allowed_origins, ...(public_url ? [public_url] : [])].map((url) => new URL(url).origin),
  )
  return (origin, host) => {
    if (origin === undefined) return false
    if (listed.has(origin.toLowerCase())) return true
    return public_url === '' && host !== undefined && hostOf(origin) === host.toLowerCase()
  }
}

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Whether a request may change something, as far as forgery goes. Browsers send Origin with every such request;
 * where it is missing, Sec-Fetch-Site tells, and where both are missing it is no browser, so nobody's cookie was borrowed.
 */
export const isForged = (request: IncomingMessage, rule: OriginRule): boolean => {
  if (SAFE.has(request.method ?? '')) return false
  const { origin, host } = request.headers
  if (origin !== undefined) return !rule(origin, host)
  const site = request.headers['sec-fetch-site']
  return site !== undefined && site !== 'same-origin' && site !== 'none'
}
