import { setTimeout as pause } from 'node:timers/promises'
import type { Caller, Participant, SfuListener } from '../../sfu.ts'
import type { OnBridge } from '../wire/ours.ts'

export type PresentNeeds = {
  listener: Pick<SfuListener, 'participantsChanged' | 'connectionEnded'>
  onBridge: OnBridge
  now: () => Date
  newId: () => string
}

/** How often a client that is on its way is looked at again, in milliseconds. */
const LOOK_MS = 50

/** Waits while a client of a group is on its way over the bridge, and there. Answers what the bridge knows of it then. */
export const settledOnBridge = async (
  onBridge: OnBridge,
  [group, clientId]: [group: string, clientId: string],
  isThere: () => boolean,
  ways: readonly ReturnType<OnBridge>[] = ['joining'],
): Promise<ReturnType<OnBridge>> => {
  while (isThere() && ways.includes(onBridge(group, clientId))) await pause(LOOK_MS)
  return onBridge(group, clientId)
}

/** Nothing of such a connection passes Pyrite, so nothing of it can be counted, and nobody knows where it comes from. */
const UNCOUNTED = { peerAddress: '', bytesUp: 0, bytesDown: 0, messagesUp: 0, messagesDown: 0 }

/** Who is in calls past the bridge, as visits see them: since Pyrite saw them first. */
export const createPresent = ({ listener, onBridge, now, newId }: PresentNeeds) => {
  const groups = new Map<string, Map<string, Participant>>()
  let isStopped = false
  const clientsIn = (group: string) => groups.get(group) ?? new Map<string, Participant>()

  const end = (group: string, isOver: (clientId: string) => boolean, reason: string) => {
    const clients = clientsIn(group)
    const over = [...clients].filter(([clientId]) => isOver(clientId))
    if (over.length === 0) return
    for (const [clientId] of over) clients.delete(clientId)
    if (clients.size === 0) groups.delete(group)
    for (const [, { connectionId, caller, joinedAt }] of over) {
      const { userId } = caller
      const times = { joinedAt, leftAt: now() }
      listener.connectionEnded({ connectionId, userId, group, ...times, reason, ...UNCOUNTED })
    }
    listener.participantsChanged(group)
  }

  return {
    participants: (group?: string): Participant[] =>
      [...(group === undefined ? groups.values() : [clientsIn(group)])].flatMap((clients) => [
        ...clients.values(),
      ]),
    /** With which client ids a person is in a group. */
    clientsOf: (group: string, userId: string): string[] =>
      [...clientsIn(group)].flatMap(([id, { caller }]) => (caller.userId === userId ? [id] : [])),
    /** Somebody is in a group who may be. `isThere` tells whether they still are. */
    async came(group: string, clientId: string, caller: Caller, isThere: () => boolean) {
      const client: [string, string] = [group, clientId]
      const isBridged = await settledOnBridge(onBridge, client, isThere, ['joining', 'leaving'])
      const clients = clientsIn(group)
      if (isStopped || !isThere() || isBridged || clients.has(clientId)) return
      clients.set(clientId, { connectionId: newId(), caller, group, joinedAt: now() })
      groups.set(group, clients)
      listener.participantsChanged(group)
    },
    left: (group: string, clientId: string) => end(group, (id) => id === clientId, 'left'),
    /** Everybody who is in a group, by client id, as of now. */
    keepOnly: (group: string, there: { has(clientId: string): boolean }) =>
      end(group, (id) => !there.has(id), 'left'),
    /** Nobody knows any more who is there. */
    lost: (group: string) => end(group, () => true, 'sfu-gone'),
    stop() {
      isStopped = true
      for (const group of [...groups.keys()]) end(group, () => true, 'pyrite-stopped')
    },
  }
}
export type Present = ReturnType<typeof createPresent>
