import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type ClientRequestArgs, Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect, type TLSSocket } from 'node:tls'
import type { Config } from '../../../platform/config/schema.ts'

type Address = { host?: string | null | undefined; port?: string | number | null | undefined }
type Connected = (error: Error | null, socket: Duplex) => void

/** How to reach the SFU's HTTP port: every connection to it is made by one of these two. */
export type Connecting = {
  /** For `request` of node:http and node:https, and for http-proxy; it keeps connections open. */
  agent: HttpAgent
  /** What a WebSocket takes beside its own options. */
  socketOptions: Pick<ClientRequestArgs, 'createConnection'>
  /** Closes what the agent keeps open. */
  close(): void
}

const CONNECT_MS = 5_000
const HTTPS_PORT = 443

/** It shows a certificate that proves nothing. */
export class UntrustedServer extends Error {}

const NO_TLS =
  'the call server does not speak TLS: write http in sfu.url, or start Galene without -insecure'
const REASONS: Record<string, string> = {
  EPROTO: NO_TLS,
  ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR:
    'the call server cannot use its own certificate: let its user read key.pem and cert.pem in its data folder, which must belong together',
  ERR_SSL_WRONG_VERSION_NUMBER: NO_TLS,
}
const EXPIRED = 'the certificate of the call server has expired'
const OTHER_AUTHORITY =
  'the certificate of the call server is from an authority that galene.ca_file does not hold'
const DISTRUST: Record<string, string> = {
  CERT_HAS_EXPIRED: EXPIRED,
  CERT_NOT_YET_VALID: 'the certificate of the call server is not valid yet: compare the clocks',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate of the call server is for another host name',
  DEPTH_ZERO_SELF_SIGNED_CERT:
    'the call server signed its certificate itself: name it by galene.certificate_sha256',
  SELF_SIGNED_CERT_IN_CHAIN: OTHER_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: OTHER_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: OTHER_AUTHORITY,
}

/** A refusal in words for who runs the server; any other error as it is. */
const explained = (error: Error & { code?: string }): Error => {
  const { code = '' } = error
  const distrust = DISTRUST[code]
  if (distrust !== undefined) return new UntrustedServer(distrust, { cause: error })
  const reason = REASONS[code]
  return reason === undefined ? error : new Error(reason, { cause: error })
}

const asFingerprint = (hex: string): string => hex.replaceAll(':', '').toLowerCase()

/** Why a certificate is not the pinned one, or no longer good. */
const complaint = (socket: TLSSocket, pin: string, now: Date): string | undefined => {
  const certificate = socket.getPeerX509Certificate()
  if (!certificate) return 'the call server shows no certificate'
  const shown = asFingerprint(certificate.fingerprint256)
  if (shown !== pin) {
    return `the call server shows another certificate than galene.certificate_sha256 names: ${shown}`
  }
  const isOver = Date.parse(certificate.validTo) < now.getTime()
  return isOver ? EXPIRED : undefined
}

/** What `galene.ca_file` says; undefined where it names none. Throws a sentence where it cannot be read, or holds no certificate. */
export const readAuthority = (path: string): Buffer | undefined => {
  if (path === '') return undefined
  try {
    const pem = readFileSync(path)
    // Node would take anything for a list of no authorities.
    new X509Certificate(pem)
    return pem
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    const why = /^E[A-Z]+$/.test(code) ? message : `${path} holds no certificate in PEM`
    throw new Error(`galene.ca_file cannot be read: ${why}`)
  }
}

/**
 * Connects by TLS. A certificate must come from a known authority and be for this host; or, with a pin, be that very one, and then
 * neither is asked unless an authority is named as well. Nothing is sent before that is certain.
 */
const createSecure = (settings: Config['galene'], now: () => Date) => {
  const pin = asFingerprint(settings.certificate_sha256)
  const ca = readAuthority(settings.ca_file)
  const mustBeSigned = pin === '' || ca !== undefined
  return ({ host, port }: Address, connected: Connected): undefined => {
    const name = host ?? 'localhost'
    const socket = connect({
      host: name,
      port: Number(port ?? HTTPS_PORT),
      servername: isIP(name) ? '' : name,
      // Not to accept anything: a pinned certificate is compared below, before a byte leaves.
      rejectUnauthorized: mustBeSigned,
      ...(ca && { ca }),
      ...(pin !== '' && mustBeSigned && { checkServerIdentity: () => undefined }),
    })
    const timer = setTimeout(
      () => socket.destroy(new Error('the call server does not answer by TLS')),
      CONNECT_MS,
    )
    const fail = (error: Error) => {
      clearTimeout(timer)
      connected(explained(error), socket)
    }
    socket.once('error', fail)
    socket.once('secureConnect', () => {
      const reason = pin === '' ? undefined : complaint(socket, pin, now())
      if (reason !== undefined) return socket.destroy(new UntrustedServer(reason))
      clearTimeout(timer)
      socket.off('error', fail)
      connected(null, socket)
    })
  }
}

const KEEP = { keepAlive: true, maxFreeSockets: 16 }

/** How to connect to the SFU at this kind of address. Throws a sentence where `galene.ca_file` cannot be read. */
export const createConnecting = (
  isSecure: boolean,
  settings: Config['galene'],
  now: () => Date,
): Connecting => {
  if (!isSecure) {
    const agent = new HttpAgent(KEEP)
    return { agent, socketOptions: {}, close: () => agent.destroy() }
  }
  const secure = createSecure(settings, now)
  const agent = Object.assign(new HttpsAgent(KEEP), { createConnection: secure })
  // The types of node know only its own kind of socket.
  const createConnection = secure as unknown as NonNullable<ClientRequestArgs['createConnection']>
  return { agent, socketOptions: { createConnection }, close: () => agent.destroy() }
}
