import { setTimeout as wait } from 'node:timers/promises'
import { CLOSE } from '../../protocol/close-codes.ts'
import type { Client } from './client.ts'
import type { Context } from './context.ts'
import { mustBeAdmissible, whyRefused } from './group.ts'
import type { GroupDescription } from './groups.ts'
import { isSmallEnough, type Message } from './messages.ts'
import { Refusal, Violation } from './refusals.ts'
import { identityOf, isUsername } from './tokens.ts'

/** Slows down whoever tries credentials one after the other. */
const REFUSED_MS = 200

/** Lets a client into a group, or says why not; the connection goes on either way. */
export const join = async (client: Client, message: Message, context: Context): Promise<void> => {
  if (message.kind === 'leave') return leave(client, message)
  if (message.kind !== 'join') throw new Violation(CLOSE.protocolError, 'unknown kind')
  if (client.group) throw new Violation(CLOSE.protocolError, 'cannot join multiple groups')
  try {
    await enter(client, message, context)
  } catch (error) {
    await fail(client, message, context, error)
  }
}

const leave = (client: Client, { group }: Message): void => {
  if (!client.group || client.group.name !== group)
    throw new Violation(CLOSE.normal, 'you are not in this group')
  const { name } = client.group
  client.leave()
  client.permissions = []
  client.send({ type: 'joined', kind: 'leave', group: name, username: client.username })
  client.username = ''
}

const enter = async (client: Client, message: Message, context: Context): Promise<void> => {
  const { description } = context.groups.open(message.group)
  if (description.redirect)
    return void client.send({
      type: 'joined',
      kind: 'redirect',
      group: message.group,
      value: description.redirect,
    })
  const who = await identify(message, description, context)
  const data = message.data ?? {}
  if (!isSmallEnough(data)) throw new Refusal('the data is too large')
  // Asked after the last await, so that nobody can come in between.
  mustBeAdmissible({
    group: context.groups.get(message.group),
    description,
    clientId: client.id,
    isOperator: who.permissions.includes('op'),
    maxParticipants: context.options.maxParticipants,
    now: context.now(),
  })
  if (!client.isConnected) return
  const group = context.groups.enter(message.group, description)
  Object.assign(client, { ...who, data, group })
  group.members.set(client.id, client)
  welcome(client)
}

const identify = (message: Message, description: GroupDescription, context: Context) => {
  const { group, token, username } = message
  if (!token && username === undefined) throw new Refusal('internal server error')
  // People are known by the tokens that Pyrite signs; a password never lets anybody in.
  if (!token || !isUsername(username ?? '')) throw new Refusal('not authorised')
  return identityOf({ group, description, token, username, now: context.now() })
}

const welcome = (client: Client): void => {
  client.sendJoined('join')
  client.send(client.userMessage('add'))
  for (const other of client.others()) {
    client.send(other.userMessage('add'))
    other.send(client.userMessage('add'))
  }
}

const fail = async (
  client: Client,
  { group, username }: Message,
  { log }: Context,
  error: unknown,
): Promise<void> => {
  const { value, word } = whyRefused(error)
  log.debug({ group, why: value }, 'a join was refused')
  if (value.startsWith('not authorised')) await wait(REFUSED_MS)
  client.send({ type: 'joined', kind: 'fail', group, username, value, error: word })
}
