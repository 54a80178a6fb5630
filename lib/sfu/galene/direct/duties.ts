import type { AccessPolicy, Caller } from '../../sfu.ts'
import type { Frame } from '../wire/frame.ts'
import type { OnBridge } from '../wire/ours.ts'
import { SERVICE_USERNAME } from '../wire/service-names.ts'
import { permissionsOf } from '../wire/tokens.ts'
import type { Guest, Inside } from './inside.ts'
import { type Present, settledOnBridge } from './present.ts'
import { isPerson, watchRecorders } from './recorders.ts'

/** Somebody to be taken out; `only`: by these client ids, where it was known with which they were there. */
type Kick = { words: string; only: ReadonlySet<string> | undefined }

/** What is to be done in a group, beside looking at everybody there. */
export type Order = {
  /** Whom to take out now, by user id; who comes back is looked at like anybody. */
  kick: ReadonlyMap<string, Kick>
  /** Whose rights may have changed, by user id, and the words for them; '' stands for everybody. */
  changed: ReadonlyMap<string, string | undefined>
  mute: ReadonlySet<string>
  unlock: boolean
  /** Whether to stay until no token of before lets anybody in. */
  watch: boolean
}

export type DutiesNeeds = {
  /** Whether people may be in groups past the bridge: then theirs are looked at. */
  hasDirect: boolean
  policy: AccessPolicy
  /** The person of a username. Nobody of Pyrite's is a guest whom somebody lets in by Galene itself, and left alone. */
  personOf: (username: string) => Promise<Caller | undefined>
  mayRecord: (group: string) => boolean
  /** Whether a client is on the bridge, which does there what is done here. */
  onBridge: OnBridge
  /** Who is there and may be is told. */
  present: Present
}

const ROLE_CHANGED = 'Your role in this channel changed: join again.'

export const NOTHING: Order = {
  ...{ kick: new Map(), changed: new Map(), mute: new Set() },
  ...{ unlock: false, watch: false },
}

/** The words for somebody who has to go by an order; undefined where this is not who was meant. */
const wordsToGo = ({ kick }: Order, userId: string, clientId: string): string | undefined => {
  const ordered = kick.get(userId)
  return (ordered?.only?.has(clientId) ?? true) ? ordered?.words : undefined
}

const joinKicks = (one: Order['kick'], other: Order['kick']): Order['kick'] => {
  const all = new Map(one)
  for (const [userId, { words, only }] of other) {
    const before = one.get(userId)
    const both = before?.only && only && new Set([...before.only, ...only])
    all.set(userId, { words, only: before ? both : only })
  }
  return all
}

/** Two orders for one group as one; the later one has the last word. */
export const joinOrders = (one: Order, other: Order): Order => ({
  kick: joinKicks(one.kick, other.kick),
  changed: new Map([...one.changed, ...other.changed]),
  mute: new Set([...one.mute, ...other.mute]),
  unlock: one.unlock || other.unlock,
  watch: one.watch || other.watch,
})

const excessOf = ({ permissions }: Guest, allowed: readonly string[]) =>
  permissions.filter((word) => !allowed.includes(word))

const action = (kind: string, dest: string, value?: string): Frame => ({
  ...{ type: 'useraction', kind, dest, value, username: SERVICE_USERNAME },
})

/** What puts somebody out, by client id, in which words. */
export const putOut = (clientId: string, words: string): Frame => action('kick', clientId, words)

/** What is done to those in a group. */
const createActs = (inside: Inside) => {
  const condemned = new Map<string, string>()
  const act = (kind: string, { id }: Guest) => inside.say(action(kind, id))
  return {
    /** Who had to go, by client id, and in which words. */
    condemned,
    kick({ id }: Guest, words: string) {
      condemned.set(id, words)
      inside.say(putOut(id, words))
      return id
    },
    mute: ({ id }: Guest) =>
      inside.say({ type: 'usermessage', kind: 'mute', dest: id, username: SERVICE_USERNAME }),
    /** Gives to somebody whose rights changed what is missing, and takes away what can be taken without putting them out. */
    adjust(guest: Guest, allowed: readonly string[], isChanged: boolean) {
      const lacks = (word: string) =>
        allowed.includes(word) && isChanged && !guest.permissions.includes(word)
      // Galene takes this one together with that of an operator, and gives back what the group allows now.
      const mayNotRecord = excessOf(guest, allowed).length > 0
      if (mayNotRecord) act('unop', guest)
      if (lacks('op') || (mayNotRecord && allowed.includes('op'))) act('op', guest)
      if (lacks('present')) act('present', guest)
    },
  }
}

/** What Pyrite does in one group that it has gone into. */
export const createDuties = (needs: DutiesNeeds, group: string, inside: Inside, order: Order) => {
  const { policy, personOf, mayRecord, onBridge, hasDirect, present } = needs
  const { condemned, kick, mute, adjust } = createActs(inside)
  const recorders = watchRecorders(needs, group, inside)
  /** Whom the door of the call has been asked about, by client id, and who of them are people. */
  const judged = new Set<string>()
  const people = new Set<string>()
  let isOver = false
  void inside.ended.then(() => {
    isOver = true
  })
  const wordsFor = (userId: string) => order.changed.get(userId) ?? order.changed.get('')
  const isDirect = (guest: Guest) => isPerson(guest) && onBridge(group, guest.id) !== 'joined'

  /** What the door of the call says now, and what follows. Answers the client id where somebody has to go. */
  const admit = async (guest: Guest, person: Caller, isNew: boolean) => {
    const { userId } = person
    const words = wordsFor(userId)
    const admission = await policy(person, group)
    if ('error' in admission) {
      // A lock keeps newcomers out, and ends nothing.
      if (admission.error === 'locked' && !isNew) return undefined
      return kick(guest, words ?? admission.message)
    }
    const allowed = permissionsOf(admission.role, mayRecord(group))
    const hasTooMuch = excessOf(guest, allowed).some((word) => word !== 'record')
    if (hasTooMuch) return kick(guest, words ?? ROLE_CHANGED)
    if (!isNew) adjust(guest, allowed, order.changed.has(userId))
    return undefined
  }

  const personAt = async (guest: Guest, isThere: () => boolean) => {
    if (!hasDirect || !isPerson(guest)) return undefined
    // Galene tells of somebody a moment before the bridge hears that they are in.
    const known = await settledOnBridge(onBridge, [group, guest.id], isThere)
    return known === 'joined' || !isThere() ? undefined : personOf(guest.username)
  }

  /** Answers the client id where somebody has to go. */
  const judge = async (guest: Guest, isNew: boolean): Promise<string | undefined> => {
    const { id } = guest
    judged.add(id)
    const isThere = () => !isOver && inside.guests.has(id)
    const person = await personAt(guest, isThere)
    if (!person) return undefined
    people.add(id)
    const ordered = isNew ? undefined : wordsToGo(order, person.userId, id)
    if (ordered !== undefined) return kick(guest, ordered)
    if (!isNew && order.mute.has(person.userId)) mute(guest)
    const gone = await admit(guest, person, isNew)
    if (gone === undefined) void present.came(group, id, person, isThere)
    return gone
  }

  return {
    condemned,
    /** Does all of it, and resolves when those who had to go are gone. */
    async fulfil(): Promise<void> {
      if (order.unlock && inside.isLocked) {
        inside.say({ type: 'groupaction', kind: 'unlock', username: SERVICE_USERNAME })
      }
      const all = await Promise.all([...inside.guests.values()].map((g) => judge(g, false)))
      const kicked = all.filter((id) => id !== undefined)
      await inside.gone([...kicked, ...recorders.end()])
    },
    /** Looks at whoever has come meanwhile or comes from now on. `failed` is told what cannot be judged, `left` that somebody has gone. */
    keepWatch(failed: (error: unknown) => void, left: () => void): void {
      const look = (guest: Guest) => void judge(guest, true).catch(failed)
      inside.watch(look, (id) => {
        present.left(group, id)
        recorders.end()
        left()
      })
      for (const guest of inside.guests.values()) if (!judged.has(guest.id)) look(guest)
    },
    /** Whether people are there past the bridge, or a recording runs of which the bridge hears nothing. */
    mustStay: (): boolean =>
      recorders.recordsUnheard() ||
      [...inside.guests.values()].some((guest) => people.has(guest.id) && isDirect(guest)),
    /** Whether anybody is there whom the bridge does not know. */
    hasDirect: (): boolean => [...inside.guests.values()].some(isDirect),
    isRecording: recorders.isRecording,
  }
}
