import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Config } from '../../../platform/config/schema.ts'
import { PyriteError } from '../../../platform/errors.ts'
import { readWhole, sendOn } from '../../../platform/http/proxy.ts'
import type { Published, SfuHealth, SfuOrigin, Whip, WhipAnswer, WhipRequest } from '../../sfu.ts'
import { whipPath } from '../wire/facts.ts'
import { deviceUsername } from '../wire/service-names.ts'
import type { Tokens } from '../wire/tokens.ts'
import { askForPeople } from './ask-for-people.ts'
import { partRefused } from './refused-media.ts'

export type WhipNeeds = {
  config: Pick<Config, 'sfu'>
  kind: () => SfuHealth['kind']
  origin: () => SfuOrigin
  tokens: Pick<Tokens, 'sign'>
  /** Waits until the file of a group is in step. */
  settled: (group: string) => Promise<void>
}

/** Galene gathers all its candidates before it answers an offer. */
const ANSWER_MS = 15_000
const MAX_ANSWER_BYTES = 1_048_576
/** How Galene names a published stream. Source: whip.go, obfuscate. */
const RESOURCE = /^[A-Za-z0-9_-]{1,64}$/

/** Of an answer, what a device needs: its description, its entity tag, servers for ICE. */
const PASSED = ['content-type', 'etag', 'link', 'accept-patch'] as const
/** Of a request about a stream, what says which state of it is meant. */
const CONDITIONS = ['if-match', 'if-none-match'] as const
/** Galene takes this and nothing behind it. */
const FRAGMENT = { 'content-type': 'application/trickle-ice-sdpfrag' }

const pick = (headers: IncomingHttpHeaders, names: readonly string[]) =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = headers[name]
      return value === undefined ? [] : [[name, value]]
    }),
  ) as Record<string, string | string[]>

const asText = (headers: Record<string, string | string[]>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))

const wholeOf = async (answer: IncomingMessage): Promise<WhipAnswer> => ({
  status: answer.statusCode ?? 0,
  headers: pick(answer.headers, PASSED),
  body: await readWhole(answer, MAX_ANSWER_BYTES),
})

/** The name of the stream at the end of a Location; undefined for one that is none. */
const resourceIn = (location: string | undefined): string | undefined => {
  const resource = location?.split('/').at(-1) ?? ''
  return RESOURCE.test(resource) ? resource : undefined
}

/** Publishing over HTTP, at Galene's own WHIP door: every request goes there with a token of ours and none of the device's secrets. */
export const createWhip = ({ config, kind, origin, tokens, settled }: WhipNeeds): Whip => {
  const { token_audience: host } = config.sfu
  const named: Record<string, string> = host === '' ? {} : { host }
  const mustBeGalene = () => {
    if (kind() !== 'builtin') return
    throw new PyriteError(
      'calls.not-supported',
      'the built-in call server takes no streams of devices: it needs a Galene',
    )
  }
  /** A gateway between us and Galene answers for itself when it finds nobody: then nothing is known of the stream. */
  const mustBeDone = (status: number) => {
    if (status < 300) return
    throw new PyriteError('calls.no-answer', 'the call server does not answer')
  }
  const send = async (
    path: string,
    headers: Record<string, string>,
    { request, response, body }: WhipRequest,
  ): Promise<IncomingMessage> => {
    const { url, agent } = origin()
    const target = { url: `${url}${path}`, agent, body, answerMs: ANSWER_MS }
    return sendOn(request, response, { ...target, headers: { ...named, ...headers } })
  }
  const pathOf = ({ group, resource }: Published) => `${whipPath(group)}/${resource}`
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

  const end = async (published: Published): Promise<void> => {
    const headers = { ...named, ...bearer(published.token), 'content-length': '0' }
    const question = { method: 'DELETE', headers }
    const { status } = await askForPeople(origin(), pathOf(published), question)
    if (status !== 404) mustBeDone(status)
  }

  return {
    async publish(group, device, asked) {
      mustBeGalene()
      await settled(group)
      const username = deviceUsername(device)
      const token = await tokens.sign({ username, group, role: 'member', recording: false })
      const headers = { ...bearer(token), 'content-type': 'application/sdp' }
      const answer = await send(whipPath(group), headers, asked)
      const resource = answer.statusCode === 201 ? resourceIn(answer.headers.location) : undefined
      const whole = await wholeOf(answer)
      if (resource === undefined) return whole
      const published = { group, resource, token }
      const refusal = partRefused(group, asked.body, whole.body)
      if (refusal) {
        await end(published)
        throw refusal
      }
      return { ...whole, published }
    },
    async forward(published, asked) {
      mustBeGalene()
      const conditions = asText(pick(asked.request.headers, CONDITIONS))
      const headers = { ...FRAGMENT, ...conditions, ...bearer(published.token) }
      return wholeOf(await send(pathOf(published), headers, asked))
    },
    async describe(group, asked) {
      mustBeGalene()
      await settled(group)
      return wholeOf(await send(whipPath(group), {}, asked))
    },
    async lives(published) {
      const headers = { ...named, ...bearer(published.token), 'content-length': '0' }
      const question = { method: 'OPTIONS', headers }
      const { status } = await askForPeople(origin(), pathOf(published), question)
      if (status !== 404) mustBeDone(status)
      return status !== 404
    },
    end,
  }
}
