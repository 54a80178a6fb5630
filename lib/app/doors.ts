import type { IncomingMessage } from 'node:http'
import type { Bus } from '../platform/bus/bus.ts'
import { PyriteError } from '../platform/errors.ts'
import { foreignOrigin, type OriginRule } from '../platform/http/origin.ts'
import type { Connections } from '../platform/ws/connections.ts'
import type { UpgradeHandler } from '../platform/ws/upgrade.ts'
import type { Sfu } from '../sfu/sfu.ts'
import type { Features } from './features.ts'

export type DoorNeeds = {
  bus: Pick<Bus, 'on'>
  origins: OriginRule
  auth: Pick<Features['auth'], 'authenticate'>
  connections: Pick<Connections, 'accept'>
  sfu: Pick<Sfu, 'handleUpgrade'>
  /** The address a request came from. */
  addressOf: (request: IncomingMessage) => string
  isStopping: () => boolean
}

type Identity = NonNullable<Awaited<ReturnType<DoorNeeds['auth']['authenticate']>>>

/** The two sockets, /ws and /sfu: who comes is known before either is opened. */
export const createDoors = ({
  bus,
  origins,
  auth,
  connections,
  sfu,
  addressOf,
  isStopping,
}: DoorNeeds): Record<string, UpgradeHandler> => {
  /** Counts sessions that ended, so that an answer that was under way meanwhile is asked again. */
  let endings = 0
  bus.on('auth.session-ended', () => {
    endings += 1
  })
  const mustBeOpen = () => {
    if (isStopping()) throw new PyriteError('shutting-down', 'the server is stopping')
  }

  /**
   * Knows who comes, and lets them in within the same turn: nothing can end a session, or stop the server, between the answer and
   * the connection. A cookie is only believed from our own pages; a bearer token is nobody's by accident, so Origin is not asked
   * [SFU-1] [WS-1].
   */
  const admit = async (request: IncomingMessage, letIn: (who: Identity) => void): Promise<void> => {
    mustBeOpen()
    const { origin, host, cookie, authorization } = request.headers
    for (;;) {
      const before = endings
      const who = await auth.authenticate(cookie, authorization)
      mustBeOpen()
      if (!who) throw new PyriteError('auth.signed-out', 'sign in first')
      // Not "has an Authorization header": a page can make a browser send a Basic one, and the cookie with it.
      if (who.byCookie && !origins(origin, host)) throw foreignOrigin()
      if (endings === before) return letIn(who)
    }
  }
  return {
    '/ws': (request, socket, head) =>
      admit(request, ({ userId, sessionId }) =>
        connections.accept(request, socket, head, { userId, sessionId }),
      ),
    '/sfu': (request, socket, head) =>
      admit(request, ({ userId, username, displayName, sessionId, byCookie }) => {
        const address = addressOf(request)
        const caller = { userId, username, displayName, sessionId, byCookie, address }
        sfu.handleUpgrade(request, socket, head, caller)
      }),
  }
}
