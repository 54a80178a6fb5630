import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import compression from 'compression'
import express, { type RequestHandler, type Router } from 'express'
import proxyAddr from 'proxy-addr'
import type { Config } from '../config/schema.ts'
import { PyriteError } from '../errors.ts'
import { PERMISSIONS_POLICY, securityHeaders } from './headers.ts'
import { foreignOrigin, isForged, type OriginRule } from './origin.ts'
import { answerErrors } from './respond.ts'

/** Largest JSON body of a request, in bytes: the longest message, escaped, and some air. */
const MAX_BODY_BYTES = 131_072

export type HttpNeeds = {
  config: Config['server']
  origins: OriginRule
  onBug: (error: unknown) => void
  /** Routers under /api by their prefix, in order. */
  api: readonly (readonly [string, RequestHandler | Router])[]
  /** Routers outside /api. */
  other: readonly (readonly [string, RequestHandler | Router])[]
  client: RequestHandler
}

const refuseForgery =
  (origins: OriginRule): RequestHandler =>
  (request, _response, next) => {
    if (isForged(request, origins)) throw foreignOrigin()
    next()
  }

const noStore: RequestHandler = (_request, response, next) => {
  response.set('Cache-Control', 'no-store')
  next()
}

const notFound: RequestHandler = (request) => {
  throw new PyriteError('not-found', `there is nothing for ${request.method} here`)
}

/** The express application: security headers, the API, the other doors, the client, and one place for errors. */
const createApplication = ({ config, origins, onBug, api, other, client }: HttpNeeds) => {
  const application = express()
  application.disable('x-powered-by')
  application.set('trust proxy', config.trusted_proxies)
  application.use(securityHeaders(config.public_url.startsWith('https:')))
  application.use((_request, response, next) => {
    response.set('Permissions-Policy', PERMISSIONS_POLICY)
    next()
  })
  for (const [prefix, handler] of other) application.use(prefix, handler)
  const json = express.json({ limit: MAX_BODY_BYTES, strict: true })
  application.use('/api', noStore, refuseForgery(origins), compression(), json)
  for (const [prefix, handler] of api) application.use(prefix, handler)
  application.use('/api', notFound)
  application.use(client)
  application.use(notFound)
  application.use(answerErrors(onBug))
  return application
}

/** The HTTP server, not yet listening. Slow headers and idle sockets are cut off. */
export const createHttpServer = (needs: HttpNeeds) => {
  const server = createServer(
    {
      headersTimeout: 15_000,
      requestTimeout: 60_000,
      keepAliveTimeout: 65_000,
      connectionsCheckingInterval: 5_000,
      noDelay: true,
    },
    createApplication(needs),
  )
  server.maxHeadersCount = 100
  return server
}

/** Listens, and answers the port. Throws a sentence that names `setting` where the address cannot be had. */
export const listen = (
  server: Server,
  { host, port }: { host: string; port: number },
  setting: string,
): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'it is in use already' : error.message
      reject(
        new Error(`cannot listen on ${host}:${port}: ${why}; set ${setting}`, { cause: error }),
      )
    })
    server.listen({ port, host }, () => resolve((server.address() as AddressInfo).port))
  })

/** The address a request came from, believing only the proxies named. */
export const createClientAddress = (trustedProxies: readonly string[]) => {
  const trust = proxyAddr.compile([...trustedProxies])
  return (request: IncomingMessage): string => proxyAddr(request, trust)
}
