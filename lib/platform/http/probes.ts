import { createHash, timingSafeEqual } from 'node:crypto'
import express, { type RequestHandler, Router } from 'express'
import type { Metrics } from '../metrics.ts'

const digest = (text: string) => createHash('sha256').update(text).digest()

/** Whether `header` is "Bearer <token>", in a time that tells nothing of the token. */
const isBearer = (header: string | undefined, token: string): boolean =>
  timingSafeEqual(digest(header ?? ''), digest(`Bearer ${token}`))

const metricsText =
  (metrics: Metrics): RequestHandler =>
  async (_request, response) => {
    const { type, text } = await metrics.read()
    response.set('Content-Type', type).send(text)
  }

/** /healthz (the process runs), /readyz (it can serve, or says what is missing), /metrics (with the token). */
export const probes = (
  isReady: () => { ready: boolean; database: boolean; sfu: boolean },
  metrics: Metrics,
  token: string,
) => {
  const router = Router()
    .get('/healthz', (_request, response) => {
      response.json({ status: 'ok' })
    })
    .get('/readyz', (_request, response) => {
      const state = isReady()
      response.status(state.ready ? 200 : 503).json(state)
    })
  if (token === '') return router
  return router.get(
    '/metrics',
    (request, response, next) => {
      if (isBearer(request.headers.authorization, token)) return next()
      response.status(401).set('WWW-Authenticate', 'Bearer').end()
    },
    metricsText(metrics),
  )
}

/** An application that serves /metrics alone, for an address of its own. */
export const metricsApplication = (metrics: Metrics) => {
  const application = express()
  application.disable('x-powered-by')
  return application.get('/metrics', metricsText(metrics))
}
