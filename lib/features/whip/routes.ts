import express, { type Request, type RequestHandler, type Response, Router } from 'express'
import { PyriteError } from '../../platform/errors.ts'
import { callerOf } from '../../platform/http/caller.ts'
import { parse } from '../../platform/parse.ts'
import { CreateWhipKey, OneWhipKey } from '../../protocol/recordings.ts'
import type { WhipAnswer } from '../../sfu/sfu.ts'
import type { GoodKey, WhipRules } from './whip.ts'

export { whipPaths } from './openapi.ts'

/** Largest description a device may send, in bytes: an offer with every codec and candidate is a tenth of it. */
const MAX_BODY_BYTES = 131_072
const OFFER = 'application/sdp'
const FRAGMENT = 'application/trickle-ice-sdpfrag'

/** Keys of a channel. Mounted at /api/channels, behind auth. */
export const whipKeyRoutes = (whip: WhipRules) =>
  Router()
    .get('/:channelSlug/whip-keys', async (request, response) => {
      const { userId } = callerOf(response)
      response.json(await whip.keys(userId, request.params.channelSlug))
    })
    .post('/:channelSlug/whip-keys', async (request, response) => {
      const body = parse(CreateWhipKey, { ...request.body, ...request.params })
      response.status(201).json(await whip.createKey(callerOf(response).userId, body))
    })
    .delete('/:channelSlug/whip-keys/:keyId', async (request, response) => {
      const wanted = parse(OneWhipKey, request.params)
      response.json(await whip.revokeKey(callerOf(response).userId, wanted))
    })
    .delete('/:channelSlug/whip-keys/:keyId/stream', async (request, response) => {
      const wanted = parse(OneWhipKey, request.params)
      response.json(await whip.endStream(callerOf(response).userId, wanted))
    })

/** Pages elsewhere may publish too: the key is all that counts here, and no cookie is read. */
const open: RequestHandler = (_request, response, next) => {
  response.set({
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Expose-Headers': 'Location, ETag, Link, Accept-Post, Accept-Patch',
    'Cache-Control': 'no-store',
    'Accept-Post': OFFER,
    'Accept-Patch': FRAGMENT,
  })
  next()
}

const OF_CALL = 'OPTIONS, POST'
const OF_STREAM = 'OPTIONS, PATCH, DELETE'

/** Other methods are kept for later versions of WHIP: RFC 9725 wants 405. */
const refuseOther =
  (methods: string): RequestHandler =>
  (_request, response) => {
    response.set('Allow', methods)
    throw new PyriteError('whip.wrong-method', `this takes ${methods}`)
  }

/** A browser asks before it publishes, and cannot show a key then. */
const describeMethods = (response: Response, methods: string) =>
  response.set({
    Allow: methods,
    'Access-Control-Allow-Methods': methods,
    'Access-Control-Allow-Headers': 'Authorization, Content-Type, If-Match, If-None-Match',
    'Access-Control-Max-Age': '600',
  })

const keyOf = (response: Response): GoodKey => (response.locals as { key: GoodKey }).key

/** Nothing of a request is read before its key is known to be good. */
const withKey =
  (whip: WhipRules, may: 'mayPublish' | 'mayGoOn'): RequestHandler =>
  async (request, response, next) => {
    response.set('WWW-Authenticate', 'Bearer')
    const { channelSlug } = request.params
    const { authorization } = request.headers
    const address = request.ip ?? ''
    const slug = String(channelSlug)
    response.locals.key = await whip.mustHaveKey(authorization, slug, address, may)
    response.removeHeader('WWW-Authenticate')
    next()
  }

const mustBe =
  (type: string): RequestHandler =>
  (request, _response, next) => {
    const given = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
    if (given !== type) throw new PyriteError('whip.wrong-type', `this takes ${type}`)
    next()
  }

const body = express.raw({ type: () => true, limit: MAX_BODY_BYTES, inflate: false })
const asked = (request: Request, response: Response) => ({
  request,
  response,
  body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
})

const write = (response: Response, { status, headers, body: text }: WhipAnswer) =>
  response.status(status).set(headers).end(text)

/** The door for devices. Mounted at /whip, with no other sign-in than the key. */
export const whipRoutes = (whip: WhipRules) => {
  const toGoOn = withKey(whip, 'mayGoOn')
  const touch: RequestHandler = async (request, response) => {
    const resource = String(request.params.resource)
    write(response, await whip.touch(keyOf(response), resource, asked(request, response)))
  }
  return Router()
    .use(open)
    .options('/:channelSlug', async (request, response) => {
      describeMethods(response, OF_CALL)
      const { authorization } = request.headers
      if (authorization === undefined) return void response.status(204).end()
      const address = request.ip ?? ''
      const key = await whip.mustHaveKey(authorization, request.params.channelSlug, address)
      const { headers } = await whip.describe(key, asked(request, response))
      response.status(204).set(headers.link ? { Link: headers.link } : {})
      response.end()
    })
    .post(
      '/:channelSlug',
      withKey(whip, 'mayPublish'),
      mustBe(OFFER),
      body,
      async (request, response) => {
        const { resource, ...answer } = await whip.publish(
          keyOf(response),
          asked(request, response),
        )
        response.set('Location', `/whip/${request.params.channelSlug}/${resource}`)
        write(response, answer)
      },
    )
    .options('/:channelSlug/:resource', (_request, response) => {
      describeMethods(response, OF_STREAM).status(204).end()
    })
    .patch('/:channelSlug/:resource', toGoOn, mustBe(FRAGMENT), body, touch)
    .delete('/:channelSlug/:resource', toGoOn, touch)
    .all('/:channelSlug', refuseOther(OF_CALL))
    .all('/:channelSlug/:resource', refuseOther(OF_STREAM))
    .all('/{*path}', (request) => {
      throw new PyriteError('not-found', `there is nothing for ${request.method} here`)
    })
}
