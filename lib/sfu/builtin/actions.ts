import { z } from 'zod'
import { CLOSE } from '../../protocol/close-codes.ts'
import type { Client } from './client.ts'
import type { Group } from './group.ts'
import { isSmallEnough, type Message, readChanges } from './messages.ts'
import { Refusal, Violation } from './refusals.ts'

type GroupAction = (group: Group, message: Message) => void
type UserAction = (target: Client, message: Message, by: Client) => void

const must = (client: Client, permission: string): void => {
  if (!client.permissions.includes(permission)) throw new Refusal('not authorised')
}

/** Galene does these; here they are answered with a sentence, and the connection goes on. */
const LEFT_OUT = ['record', 'unrecord', 'subgroups', 'maketoken', 'edittoken', 'listtokens']

const clearChatValue = z.strictObject({ id: z.string().optional(), userId: z.string() }).optional()

const GROUP_ACTIONS: Readonly<Record<string, GroupAction>> = {
  lock: (group, { value }) => {
    group.locked = typeof value === 'string' ? value.slice(0, 1_024) : ''
    group.changed()
  },
  unlock: (group) => {
    group.locked = undefined
    group.changed()
  },
  setdata: (group, { value }) => {
    applyChanges(group.data, value)
    group.changed()
  },
  clearchat: (group, { value }) => {
    if (!clearChatValue.safeParse(value).success) throw new Refusal('bad value in clearchat')
    group.tell({ type: 'usermessage', kind: 'clearchat', privileged: true, value })
  },
}

/** What operators do to their group. */
export const groupAction = (client: Client, message: Message): void => {
  const { group } = client
  if (!group) throw new Refusal('join a group first')
  if (LEFT_OUT.includes(message.kind))
    throw new Refusal('the built-in call server does not do this')
  const action = Object.hasOwn(GROUP_ACTIONS, message.kind)
    ? GROUP_ACTIONS[message.kind]
    : undefined
  if (!action) throw new Violation(CLOSE.normal, 'unknown group action')
  must(client, 'op')
  action(group, message)
}

const permit =
  (permission: string, isGiven: boolean): UserAction =>
  (target) => {
    const others = target.permissions.filter((each) => each !== permission)
    target.permissions = isGiven ? [...others, permission] : others
    target.sendJoined('change')
    target.changed()
  }

const USER_ACTIONS: Readonly<Record<string, UserAction>> = {
  op: permit('op', true),
  unop: permit('op', false),
  present: permit('present', true),
  unpresent: (target, message, by) => {
    permit('present', false)(target, message, by)
    target.streams.revoke()
    target.error('permission denied')
  },
  shutup: permit('message', false),
  unshutup: permit('message', true),
  identify: (target, _message, by) => {
    const { id, username, address } = target
    const value = { id, username, address }
    by.send({ type: 'usermessage', kind: 'userinfo', dest: by.id, privileged: true, value })
    target.error(`${by.username} has asked for your address`, 'warning')
  },
  kick: (target, { value }, by) => target.kick(by, typeof value === 'string' ? value : ''),
}

/** What operators do to members, and members to themselves. */
export const userAction = (client: Client, message: Message): void => {
  const { group } = client
  if (!group) throw new Refusal('join a group first')
  if (message.kind === 'setdata') {
    setOwnData(client, message)
    return
  }
  const action = Object.hasOwn(USER_ACTIONS, message.kind) ? USER_ACTIONS[message.kind] : undefined
  if (!action) throw new Violation(CLOSE.normal, 'unknown user action')
  must(client, 'op')
  const target = group.members.get(message.dest)
  if (!target) throw new Refusal('no such user')
  action(target, message, client)
}

const setOwnData = (client: Client, { dest, value }: Message): void => {
  if (dest !== client.id) throw new Refusal('not authorised')
  applyChanges(client.data, value)
  client.changed()
}

/** Merges changes into `data`; null takes a key away. */
const applyChanges = (data: Record<string, unknown>, value: unknown): void => {
  const changes = readChanges(value)
  if (!changes) throw new Refusal('data is an object')
  if (!isSmallEnough({ ...data, ...changes })) throw new Refusal('the data is too large')
  for (const [key, each] of Object.entries(changes)) {
    if (each === null) delete data[key]
    else
      Object.defineProperty(data, key, {
        value: each,
        enumerable: true,
        configurable: true,
        writable: true,
      })
  }
}
