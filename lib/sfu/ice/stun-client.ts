import { randomBytes } from 'node:crypto'
import { inTime } from '../../platform/in-time.ts'
import type { IceTarget } from './ice-url.ts'
import { type LinkNeeds, openLink, type StunLink } from './stun-link.ts'
import {
  ATTRIBUTE,
  type Attribute,
  longTermKey,
  METHOD,
  readAddress,
  readAnswer,
  type StunAnswer,
  writeRequest,
} from './stun-message.ts'

/** How a try went. `address`: ours, as the server sees it. `relayed`: the address that a relay was given. */
export type IceTry =
  | { is: 'answered'; address: string; relayed?: string; ms: number }
  | { is: 'unreachable' | 'silent' | 'untrusted' | 'refused-credentials' | 'refused'; why: string }

export type IceCredentials = { username: string; password: string }
export type TryNeeds = Partial<LinkNeeds>

const TIMEOUT_MS = 4_000
/** For the whole of it, where each step takes long. */
const LONGEST_MS = 5_000
/** Times after which a request over UDP is sent again. Source: RFC 8489 section 6.2.1. */
const AGAIN_AFTER_MS = [500, 1_500, 3_000]
/** REQUESTED-TRANSPORT: UDP between the relay and the peer. */
const UDP_RELAY = Buffer.from([17, 0, 0, 0])
const UNAUTHORISED = 401
const STALE_NONCE = 438

class Silence extends Error {}

type Question = { method: number; attributes?: readonly Attribute[]; key?: Buffer }
type Told = { answer: StunAnswer; transaction: Buffer }

const ask = (link: StunLink, question: Question, timeoutMs: number): Promise<Told> => {
  const transaction = randomBytes(12)
  const { method, attributes = [], key } = question
  const request = writeRequest(method, transaction, attributes, key)
  const timers: NodeJS.Timeout[] = []
  const told = new Promise<Told>((done, fail) => {
    timers.push(setTimeout(() => fail(new Silence('no answer in time')), timeoutMs))
    link.broke = fail
    link.heard = (message) => {
      const answer = readAnswer(message, transaction, key)
      if (answer) done({ answer, transaction })
    }
    link.send(request)
    for (const ms of link.isLossy ? AGAIN_AFTER_MS : []) {
      timers.push(setTimeout(() => link.send(request), ms))
    }
  })
  return told.finally(() => {
    for (const timer of timers) clearTimeout(timer)
    link.broke = () => undefined
  })
}

const refused = ({ code, reason }: { code: number; reason: string }): IceTry => ({
  is: code === UNAUTHORISED ? 'refused-credentials' : 'refused',
  why: `it answers ${code} ${reason}`.trim(),
})

/** Long-term credentials for the realm and nonce that a refusal named. */
const credentialsFor = (refusal: StunAnswer, { username, password }: IceCredentials) => {
  const realm = refusal.attributes.get(ATTRIBUTE.realm) ?? Buffer.alloc(0)
  const nonce = refusal.attributes.get(ATTRIBUTE.nonce) ?? Buffer.alloc(0)
  const attributes: Attribute[] = [
    [ATTRIBUTE.username, Buffer.from(username)],
    [ATTRIBUTE.realm, realm],
    [ATTRIBUTE.nonce, nonce],
  ]
  return { key: longTermKey(username, realm.toString('utf8'), password), attributes }
}

const allocate = async (
  link: StunLink,
  credentials: IceCredentials | undefined,
  timeoutMs: number,
) => {
  const wanted: Attribute = [ATTRIBUTE.requestedTransport, UDP_RELAY]
  const method = METHOD.allocate
  let told = await ask(link, { method, attributes: [wanted] }, timeoutMs)
  if (told.answer.error?.code !== UNAUTHORISED || !credentials) return { told, release: undefined }
  let signed = credentialsFor(told.answer, credentials)
  const again = () =>
    ask(link, { method, key: signed.key, attributes: [wanted, ...signed.attributes] }, timeoutMs)
  told = await again()
  if (told.answer.error?.code === STALE_NONCE) {
    signed = credentialsFor(told.answer, credentials)
    told = await again()
  }
  const lifetime: Attribute = [ATTRIBUTE.lifetime, Buffer.alloc(4)]
  const release = () =>
    ask(
      link,
      { method: METHOD.refresh, key: signed.key, attributes: [lifetime, ...signed.attributes] },
      timeoutMs,
    )
  return { told, release }
}

const addressIn = ({ answer, transaction }: Told, attribute: number): string | undefined =>
  readAddress(answer.attributes.get(attribute), transaction)

const converse = async (
  link: StunLink,
  target: IceTarget,
  credentials: IceCredentials | undefined,
  timeoutMs: number,
): Promise<IceTry> => {
  const began = performance.now()
  const { told, release } = target.relay
    ? await allocate(link, credentials, timeoutMs)
    : { told: await ask(link, { method: METHOD.binding }, timeoutMs), release: undefined }
  const ms = Math.round(performance.now() - began)
  if (told.answer.error) return refused(told.answer.error)
  const relayed = addressIn(told, ATTRIBUTE.xorRelayedAddress)
  // What is not given back ends by itself ten minutes later.
  if (relayed !== undefined) await release?.().catch(() => undefined)
  const address = addressIn(told, ATTRIBUTE.xorMappedAddress) ?? ''
  return { is: 'answered', address, ms, ...(relayed === undefined ? {} : { relayed }) }
}

const failure = (error: NodeJS.ErrnoException): IceTry => {
  if (error instanceof Silence) return { is: 'silent', why: error.message }
  const isTls = /CERT|SELF_SIGNED|ALTNAME|UNABLE_TO|EPROTO|ERR_SSL/.test(error.code ?? '')
  return { is: isTls ? 'untrusted' : 'unreachable', why: error.message }
}

const tryOnce = async (
  target: IceTarget,
  credentials: IceCredentials | undefined,
  needs: TryNeeds,
): Promise<IceTry> => {
  const timeoutMs = needs.timeoutMs ?? TIMEOUT_MS
  let link: StunLink | undefined
  try {
    link = await openLink(target, { ...needs, timeoutMs })
    return await converse(link, target, credentials, timeoutMs)
  } catch (error) {
    return failure(error as Error)
  } finally {
    link?.close()
  }
}

/**
 * Tries one ICE server for real, as a browser would: a STUN binding, or a TURN allocation that is given back at once
 * (RFC 8489, RFC 8656, long-term credentials). Never rejects; answers within five seconds.
 */
export const tryIceServer = (
  target: IceTarget,
  credentials?: IceCredentials,
  needs: TryNeeds = {},
): Promise<IceTry> =>
  inTime(LONGEST_MS, tryOnce(target, credentials, needs), () => ({
    is: 'silent',
    why: `no answer within ${LONGEST_MS / 1_000} s`,
  }))
