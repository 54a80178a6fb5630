import type { NextFunction, Request, Response } from 'express'
import { PyriteError } from '../errors.ts'
import { toFailure } from '../ws/dispatcher.ts'

/** What express and its body parser throw for a request that cannot be read. */
const asPyriteError = (error: unknown): unknown => {
  if (error instanceof PyriteError) return error
  const { status, type } = (error ?? {}) as { status?: number; type?: string }
  if (status === 413) return new PyriteError('too-large', 'the request is too large')
  if (status === 400 && type === 'entity.parse.failed') {
    return new PyriteError('malformed', 'the body is not valid JSON')
  }
  if (status !== undefined && status >= 400 && status < 500) {
    return new PyriteError('malformed', 'the request cannot be read')
  }
  return error
}

/** The only place an error becomes an HTTP answer. Express 5 sends rejected promises here by itself. */
export const answerErrors =
  (onBug: (error: unknown) => void) =>
  (thrown: unknown, _request: Request, response: Response, next: NextFunction) => {
    const error = asPyriteError(thrown)
    if (response.headersSent) return next(error)
    if (error instanceof PyriteError && error.retryAfter !== undefined) {
      response.set('Retry-After', String(Math.ceil(error.retryAfter)))
    }
    // What was said of the answer that was to be is not true of this one.
    response.removeHeader('Content-Disposition')
    response
      .type('json')
      .status(error instanceof PyriteError ? error.status : 500)
      // By itself, for `json` would add an entity tag, and a tag means a state of what was asked for.
      .end(JSON.stringify({ error: toFailure(error, onBug) }))
  }
