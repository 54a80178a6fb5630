/** Every error a caller can meet, on REST and on the socket alike, with its HTTP status. Stable: clients switch on these words. */
export const ERROR_STATUS = {
  internal: 500,
  malformed: 400,
  'not-allowed': 403,
  'not-found': 404,
  'too-large': 413,
  'too-many-requests': 429,
  'shutting-down': 503,
  'auth.bad-credentials': 401,
  'auth.foreign-origin': 403,
  'auth.signed-out': 401,
  'calls.too-many-connections': 503,
  'channels.not-found': 404,
  'channels.reserved-slug': 409,
  'channels.slug-taken': 409,
  'channels.last-moderator': 409,
  'channels.already-a-member': 409,
  'chat.listener': 403,
  'chat.not-yours': 403,
  'chat.too-long': 413,
  'storage.unavailable': 503,
  'users.last-admin': 409,
  'users.username-taken': 409,
  'users.weak-password': 422,
} as const

export type ErrorCode = keyof typeof ERROR_STATUS
