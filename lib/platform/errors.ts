import type { Failure } from '../protocol/envelope.ts'
import { ERROR_STATUS, type ErrorCode } from '../protocol/error-codes.ts'

/** An answer the caller can act on. Anything else that is thrown is a bug, and is reported as one. */
export class PyriteError extends Error {
  readonly code: ErrorCode
  /** Something free to use instead, with `channels.slug-taken`. */
  readonly suggestion: string | undefined
  /** Seconds to wait before trying again, where that helps: with `too-many-requests`, and what moderation refuses until a time. */
  readonly retryAfter: number | undefined

  constructor(
    code: ErrorCode,
    message: string,
    options?: ErrorOptions & { suggestion?: string; retryAfter?: number },
  ) {
    super(message, options)
    this.name = 'PyriteError'
    this.code = code
    this.suggestion = options?.suggestion
    this.retryAfter = options?.retryAfter
  }

  get status(): number {
    return ERROR_STATUS[this.code]
  }

  /** The error as it crosses the wire. */
  toFailure(): Failure {
    const { code, message, suggestion, retryAfter } = this
    return {
      code,
      message,
      ...(suggestion !== undefined && { suggestion }),
      ...(retryAfter !== undefined && { retryAfter: Math.ceil(retryAfter) }),
    }
  }
}
