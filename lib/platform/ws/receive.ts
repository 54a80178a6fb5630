import { CLOSE } from '../../protocol/close-codes.ts'
import type { Reply, Request } from '../../protocol/envelope.ts'
import type { Config } from '../config/schema.ts'
import { type Connection, readRequest } from './connection.ts'
import type { Caller } from './dispatcher.ts'
import type { OnFrame } from './hub.ts'
import { tokenBucket } from './rate.ts'
import { textFrame } from './text-frame.ts'

export type ReceiveNeeds = {
  limits: Config['socket']
  dispatch: (who: Caller, request: Request) => Promise<Reply>
  onBug: (error: unknown) => void
  onFrame: OnFrame
}

/** Malformed or excess frames a minute before a connection is closed with 1008. */
const STRIKES_PER_MINUTE = 10

/** What one connection does with the frames that come in: each gets exactly one answer. */
export const createReceiver = (
  connection: Connection,
  { limits, dispatch, onBug, onFrame }: ReceiveNeeds,
) => {
  const mayCome = tokenBucket(limits.messages_per_second, limits.messages_burst)
  const mayErr = tokenBucket(STRIKES_PER_MINUTE / 60, STRIKES_PER_MINUTE)
  const reply = (answer: Reply) => {
    const frame = textFrame(JSON.stringify(answer))
    onFrame('out', frame.length)
    connection.write(frame)
  }
  const strike = (id: number, code: 'malformed' | 'too-many-requests', message: string) => {
    reply({ id, error: { code, message } })
    if (!mayErr()) connection.close(CLOSE.policy, message)
  }
  return (data: Buffer, isBinary: boolean) => {
    onFrame('in', data.length)
    if (isBinary) {
      connection.close(CLOSE.unsupported, 'text frames only')
      return
    }
    const request = readRequest(data.toString())
    if (!mayCome()) strike(request.id, 'too-many-requests', 'slow down')
    else if ('wrong' in request) strike(request.id, 'malformed', request.wrong)
    else dispatch(connection.caller, request).then(reply, onBug)
  }
}
