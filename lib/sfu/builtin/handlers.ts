import { randomBytes } from 'node:crypto'
import { CLOSE } from '../../protocol/close-codes.ts'
import { groupAction, userAction } from './actions.ts'
import type { Client } from './client.ts'
import type { Context } from './context.ts'
import { join } from './joining.ts'
import { type Message, readRequest, readStreamRequest } from './messages.ts'
import { Refusal, Violation } from './refusals.ts'

export type Handler = (client: Client, message: Message, context: Context) => void | Promise<void>

/** What each message type does, once the handshake is over. Throws `Refusal`, `Violation` or `PyriteError('malformed')`. */
const HANDLERS: Readonly<Record<string, Handler>> = {
  ping: (client) => void client.send({ type: 'pong' }),
  pong: () => undefined,
  join,
  request: (client, { request }) => {
    if (!client.group) throw new Violation(CLOSE.internal, '')
    client.streams.request(readRequest(request))
  },
  requestStream: (client, { id, request }) =>
    client.streams.requestStream(id, readStreamRequest(request)),
  offer: (client, message) => {
    if (!message.id) throw new Violation(CLOSE.protocolError, 'empty stream id')
    return client.streams.offer(message)
  },
  answer: (client, { id, sdp }) => client.streams.answer(id, sdp),
  renegotiate: (client, { id }) => client.streams.downs.get(id)?.restart(),
  ice: (client, { id, candidate }) => {
    if (!candidate) throw new Violation(CLOSE.protocolError, 'null candidate')
    client.streams.candidate(id)
  },
  close: (client, { id }) => client.streams.ups.get(id)?.close(),
  abort: (client, { id }) => client.streams.decline(id),
  chat: (client, message, context) => relay(client, message, context),
  usermessage: (client, message, context) => relay(client, message, context),
  groupaction: groupAction,
  useraction: userAction,
}

export const handlerOf = (type: string): Handler | undefined =>
  Object.hasOwn(HANDLERS, type) ? HANDLERS[type] : undefined

/** Passes a chat or user message on to one member, or to all. Nothing is kept. */
const relay = (client: Client, message: Message, { now }: Context): void => {
  if (!client.group) throw new Refusal('join a group first')
  const { type, kind, source, username, dest, noecho, value } = message
  const needed = type === 'chat' && kind === 'caption' ? 'caption' : 'message'
  if (!client.permissions.includes(needed)) throw new Refusal('not authorised')
  const relayed = {
    type,
    id: type === 'chat' ? message.id || (dest ? '' : randomBytes(8).toString('base64url')) : '',
    source,
    username,
    dest,
    privileged: client.permissions.includes('op'),
    kind,
    noecho,
    value,
    time: `${now().toISOString().slice(0, 19)}Z`,
  }
  if (!dest) {
    client.group.tell(relayed, noecho ? client : undefined)
    return
  }
  const receiver = client.group.members.get(dest)
  if (!receiver) throw new Refusal('user unknown')
  receiver.send(relayed)
}
