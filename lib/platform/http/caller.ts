import type { Response } from 'express'
import { PyriteError } from '../errors.ts'

/** Who a request comes from. Set by auth's middleware on every route under /api but sign-in. */
export type HttpCaller = { userId: string; sessionId: string }

/** The signed-in caller of a request. Throws `auth.signed-out` where nobody is signed in. */
export const callerOf = (response: Response): HttpCaller => {
  const { caller } = response.locals as { caller?: HttpCaller }
  if (!caller) throw new PyriteError('auth.signed-out', 'sign in first')
  return caller
}
