import { WebSocket } from 'ws'
import type { LiveConnection, Receive } from './connection.ts'

type Needs = {
  receiverOf: (connection: LiveConnection) => Receive
  closed: (connection: LiveConnection) => void
}

/** A socket that knows its connection, so that thousands share one set of listeners. */
export class WorkspaceSocket extends WebSocket {
  connection: LiveConnection | undefined
  /** Made with the first frame: most connections only listen. */
  receive: Receive | undefined
}

const mine = (ws: WebSocket): WorkspaceSocket => ws as WorkspaceSocket

/** Answers what makes a socket heard as this connection. */
export const listening = ({ receiverOf, closed }: Needs) => {
  function onPong(this: WebSocket) {
    mine(this).connection?.isAlive()
  }
  function onMessage(this: WebSocket, data: Buffer, isBinary: boolean) {
    const ws = mine(this)
    const { connection } = ws
    connection?.isAlive()
    // Until it answers our close, a client can still send: whose session has ended is not heard any more.
    if (!connection || ws.readyState !== WebSocket.OPEN) return
    ws.receive ??= receiverOf(connection)
    ws.receive(data, isBinary)
  }
  function onError(this: WebSocket) {
    // ws has already sent the close code that fits (1009 for a frame too large).
    setTimeout(() => this.terminate(), 2_000).unref()
  }
  function onClose(this: WebSocket) {
    const { connection } = mine(this)
    if (connection) closed(connection)
  }
  return (ws: WorkspaceSocket, connection: LiveConnection): void => {
    ws.connection = connection
    ws.on('error', onError)
    ws.on('close', onClose)
    ws.on('pong', onPong)
    ws.on('message', onMessage)
  }
}
