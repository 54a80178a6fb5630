import type { Client } from './client.ts'
import { BadGroupFile, type GroupDescription, type GroupFiles } from './groups.ts'
import { Refusal } from './refusals.ts'

/** What a group looks like to somebody who joins it. */
export type GroupStatus = {
  name: string
  displayName: string
  description: string
  authServer: string
  authPortal: string
  locked: boolean
  clientCount: number
}

/** A group with people in it. It ends with its last member, and its lock and data with it. */
export class Group {
  readonly name: string
  description: GroupDescription
  readonly members = new Map<string, Client>()
  /** What a stranger at the door is told; undefined when the group is not locked. */
  locked: string | undefined
  readonly data: Record<string, unknown> = {}

  constructor(name: string, description: GroupDescription) {
    this.name = name
    this.description = description
    if (description.autolock) this.locked = ''
  }

  get status(): GroupStatus {
    const { displayName, description, authServer, authPortal } = this.description
    return {
      name: this.name,
      displayName,
      description,
      authServer,
      authPortal,
      locked: this.locked !== undefined,
      clientCount: this.members.size,
    }
  }

  get hasOperator(): boolean {
    return [...this.members.values()].some(({ permissions }) => permissions.includes('op'))
  }

  /** Sends one message to all members but `except`; it is put into text once. */
  tell(message: Record<string, unknown>, except?: Client): void {
    let text: string | undefined
    for (const member of this.members.values())
      if (member !== except) text = member.send(message, text)
  }

  /** Tells every member how the group stands. */
  changed(): void {
    for (const member of this.members.values()) member.sendJoined('change')
  }
}

export type LiveGroups = {
  get(name: string): Group | undefined
  size(): number
  /** The group with its file as it is now; members hear of a change. Throws as `GroupFiles.load` does. */
  open(name: string): { description: GroupDescription; group: Group | undefined }
  /** The live group, made when there is none. */
  enter(name: string, description: GroupDescription): Group
  /** Takes a member out, and the group away when it was the last. */
  leave(group: Group, client: Client): void
}

export const createLiveGroups = (files: GroupFiles): LiveGroups => {
  const live = new Map<string, Group>()
  return {
    get: (name) => live.get(name),
    size: () => live.size,
    open: (name) => {
      const description = files.load(name)
      const group = live.get(name)
      if (group && group.description !== description) {
        group.description = description
        group.changed()
      }
      return { description, group }
    },
    enter: (name, description) => {
      const group = live.get(name) ?? new Group(name, description)
      live.set(name, group)
      return group
    },
    leave: (group, client) => {
      group.members.delete(client.id)
      if (group.members.size) group.tell(client.userMessage('delete'))
      else live.delete(group.name)
      if (client.permissions.includes('op') && !group.hasOperator) operatorsLeft(group)
    },
  }
}

const operatorsLeft = (group: Group): void => {
  if (group.description.autokick)
    for (const member of [...group.members.values()])
      member.kick({ id: '', username: '' }, 'there are no operators in this group')
  if (group.description.autolock && group.locked === undefined) {
    group.locked = ''
    group.changed()
  }
}

export type DoorNeeds = {
  group: Group | undefined
  description: GroupDescription
  clientId: string
  isOperator: boolean
  maxParticipants: number
  now: Date
}

/** Throws `Refusal` when somebody whose credentials are good still may not come in. Operators pass all but the last two. */
export const mustBeAdmissible = (needs: DoorNeeds): void => {
  if (!needs.isOperator) mustBeOpen(needs)
  const count = needs.group?.members.size ?? 0
  if (count >= needs.maxParticipants) throw new Refusal('too many users')
  if (!needs.clientId || needs.group?.members.has(needs.clientId))
    throw new Refusal('internal server error')
}

const mustBeOpen = ({ group, description, now }: DoorNeeds): void => {
  const lock = lockOf(group, description)
  if (lock !== undefined) throw new Refusal(lock || 'this group is locked')
  mustBeInTime(description, now)
  if (description.autokick && !group?.hasOperator)
    throw new Refusal('there are no operators in this group')
  const maxClients = description['max-clients']
  if (maxClients && (group?.members.size ?? 0) >= maxClients) throw new Refusal('too many users')
}

/** A group that locks itself is locked before the first operator comes. */
const lockOf = (group: Group | undefined, { autolock }: GroupDescription): string | undefined =>
  group ? group.locked : autolock ? '' : undefined

const mustBeInTime = (description: GroupDescription, now: Date): void => {
  const { 'not-before': from, expires } = description
  if (from && now < new Date(from)) throw new Refusal('this group is not open yet')
  if (expires && now > new Date(expires)) throw new Refusal('this group is closed')
}

/** What a failed join is answered: only refusals carry their reason out. */
export const whyRefused = (error: unknown): { value: string; word: string | undefined } => {
  if (error instanceof Refusal) return { value: error.message, word: error.word }
  if (error instanceof BadGroupFile) return { value: 'internal server error', word: undefined }
  throw error
}
