import type { ErrorCode } from './error-codes.ts'

/** The version of the workspace protocol that this build speaks; `hello` carries it. */
export const WORKSPACE_PROTOCOL = 1

/** One frame from browser to server. `id` is a positive integer chosen by the browser and echoed in the reply. */
export type Request = { id: number; type: string; body: unknown }

/**
 * The answer to a request: exactly one of `body` and `error`. `suggestion` comes with `channels.slug-taken`; `retryAfter`, whole
 * seconds to wait, with most `too-many-requests`, and with what moderation refuses until a time.
 */
export type Failure = { code: ErrorCode; message: string; suggestion?: string; retryAfter?: number }
export type Reply = { id: number; body: unknown } | { id: number; error: Failure }

/** News the server sends unasked. */
export type Push = { type: string; body: unknown }
