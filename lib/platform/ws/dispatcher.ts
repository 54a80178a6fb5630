import type { z } from 'zod'
import type { Failure, Reply, Request } from '../../protocol/envelope.ts'
import { PyriteError } from '../errors.ts'
import { parse } from '../parse.ts'

/** Who sent a frame: a signed-in person, on one of their connections. */
export type Caller = { userId: string; sessionId: string; connectionId: string }

/** One message type, ready to be looked up: reads its body, then does it. */
export type Handler = (who: Caller, body: unknown) => Promise<unknown> | unknown
export type HandlerTable = Record<string, Handler>

/** Declares one message type: the shape of its body, and what to do with it. */
export const handle =
  <Schema extends z.ZodType>(
    schema: Schema,
    run: (who: Caller, body: z.infer<Schema>) => Promise<unknown> | unknown,
  ): Handler =>
  (who, body) =>
    run(who, parse(schema, body))

/** An error as the caller may see it. Bugs are reported and answered as `internal`. */
export const toFailure = (error: unknown, onBug: (error: unknown) => void): Failure => {
  if (error instanceof PyriteError) return error.toFailure()
  onBug(error)
  return { code: 'internal', message: 'something went wrong on our side' }
}

/** Joins the features' handlers into one table. Two features may not claim the same message. */
export const dispatcher = (onBug: (error: unknown) => void, ...tables: HandlerTable[]) => {
  const all = new Map<string, Handler>()
  for (const [type, handler] of tables.flatMap((table) => Object.entries(table))) {
    if (all.has(type)) throw new Error(`two handlers for ${type}`)
    all.set(type, handler)
  }
  return async (who: Caller, { id, type, body }: Request): Promise<Reply> => {
    try {
      const handler = all.get(type)
      if (!handler) throw new PyriteError('malformed', `unknown message ${type.slice(0, 64)}`)
      return { id, body: (await handler(who, body)) ?? null }
    } catch (error) {
      return { id, error: toFailure(error, onBug) }
    }
  }
}
