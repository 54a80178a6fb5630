import type { Request, RequestHandler, Response } from 'express'

/** A route that answers what `read` answers, as JSON. */
export const jsonRoute =
  (read: (request: Request, response: Response) => unknown): RequestHandler =>
  async (request, response) => {
    response.json(await read(request, response))
  }
