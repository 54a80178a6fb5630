import type { IncomingMessage } from 'node:http'
import { PyriteError } from '../platform/errors.ts'
import type { OriginRule } from '../platform/http/origin.ts'
import type { Connections } from '../platform/ws/connections.ts'
import type { UpgradeHandler } from '../platform/ws/upgrade.ts'
import type { Sfu } from '../sfu/sfu.ts'
import type { Features } from './features.ts'

export type DoorNeeds = {
  origins: OriginRule
  auth: Features['auth']
  connections: Connections
  sfu: Sfu
  /** The address a request came from. */
  addressOf: (request: IncomingMessage) => string
  isStopping: () => boolean
}

/** The two sockets, /ws and /sfu: who comes is known before either is opened. */
export const createDoors = ({
  origins,
  auth,
  connections,
  sfu,
  addressOf,
  isStopping,
}: DoorNeeds): Record<string, UpgradeHandler> => {
  /** A cookie is only believed from our own pages; a bearer token is nobody's by accident, so Origin is not asked [SFU-1] [WS-1]. */
  const identify = async (request: IncomingMessage) => {
    if (isStopping()) throw new PyriteError('shutting-down', 'the server is stopping')
    const { origin, host, cookie, authorization } = request.headers
    const who = await auth.authenticate(cookie, authorization)
    if (!who) throw new PyriteError('auth.signed-out', 'sign in first')
    // Not "has an Authorization header": a page can make a browser send a Basic one, and the cookie with it.
    if (who.byCookie && !origins(origin, host)) {
      throw new PyriteError('auth.foreign-origin', 'this page may not use this server')
    }
    return who
  }
  return {
    '/ws': async (request, socket, head) => {
      const { userId, sessionId } = await identify(request)
      connections.accept(request, socket, head, { userId, sessionId })
    },
    '/sfu': async (request, socket, head) => {
      const { userId, username, displayName, sessionId, byCookie } = await identify(request)
      const caller = {
        userId,
        username,
        displayName,
        sessionId,
        byCookie,
        address: addressOf(request),
      }
      sfu.handleUpgrade(request, socket, head, caller)
    },
  }
}
