import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import type { Config } from '../../../platform/config/schema.ts'
import { PyriteError } from '../../../platform/errors.ts'
import type { Log } from '../../../platform/log.ts'
import { CLOSE } from '../../../protocol/close-codes.ts'
import type { AccessPolicy, Caller, CallModeration, Participant, SfuListener } from '../../sfu.ts'
import type { OnBridge, Ours } from '../wire/ours.ts'
import type { OwnConnections } from '../wire/own-connections.ts'
import type { Connecting } from '../wire/tls.ts'
import type { Tokens } from '../wire/tokens.ts'
import { liveAccess } from './access.ts'
import { createActs } from './acts.ts'
import { createBrakes } from './brake.ts'
import { Connection } from './connection.ts'
import type { Counts } from './counts.ts'
import { CLOSE_MS } from './galene-leg.ts'
import { createGroupState, type GroupState } from './group-state.ts'

export type BridgeNeeds = {
  config: Config['sfu']
  log: Log
  policy: AccessPolicy
  /** Carries out moderation asked for within a call. Absent: Galene is asked. */
  moderate?: CallModeration
  tokens: Tokens
  own: Pick<OwnConnections, 'filter'>
  /** Where this bridge tells who is on it, until it stops, and who left it. */
  bridges: Pick<Ours['bridges'], 'add' | 'left'>
  /**
   * `settled` waits until the file of a group is in step; `mustBeJoinable` throws where a join would harm the SFU; `mayRecord` says
   * whether its channel may be recorded.
   */
  groups: {
    settled(group: string): Promise<void>
    mustBeJoinable(group: string): Promise<void>
    mayRecord(group: string): boolean
  }
  listener: SfuListener
  now: () => Date
  newId: () => string
  counts: Counts
  /** Where the SFU answers, or will once it is up again. */
  url: () => string
  /** How to connect to it: see tls.ts. */
  socketOptions: Connecting['socketOptions']
  /** Whether something still listens there after a connection was lost; answers within 95 ms. */
  stillListens: () => Promise<boolean>
  /** A recording runs in a group that may not be recorded, or in which nobody is left here. */
  lookAtRecording: (group: string) => void
  /** Whether the SFU answered when it was looked at last. */
  isReachable: () => boolean
  /** A connection found the SFU not answering: worth a look. */
  sfuFailed: () => void
}

/** What the connections of one bridge share. */
export type Shared = {
  needs: BridgeNeeds
  counts: Counts
  state: GroupState
  ended(connection: Connection, why: string): void
  brakeFor: ReturnType<typeof createBrakes>
  /** Takes a message that is moderation; false where it is none. */
  actsOn: ReturnType<typeof createActs>
  /** Whether anybody but this connection is in its group. */
  hasOthers(connection: Connection): boolean
  /** Whether anybody in the group of this connection shows a stream of this id, or gets one. */
  isShown(connection: Connection, id: string): boolean
}

const NOTHING_KNOWN: ReturnType<GroupState['of']> = { locked: false, recording: false }
const SWEEP_MS = 2_000

/** No compression, no subprotocol, and no frame larger than configured. */
const createServer = ({ max_frame_bytes }: Config['sfu']): WebSocketServer => {
  const options = {
    noServer: true,
    perMessageDeflate: false,
    clientTracking: false,
    maxPayload: max_frame_bytes,
    closeTimeout: CLOSE_MS,
    handleProtocols: (): false => false,
  }
  return new WebSocketServer(options)
}

/** What is known of groups; a recording that may not run is ended as soon as one is heard of. */
const watchGroups = ({ listener, groups, lookAtRecording }: BridgeNeeds) => {
  const endForbidden = (group: string) => {
    if (state.of(group).recording && !groups.mayRecord(group)) lookAtRecording(group)
  }
  const state: GroupState = createGroupState((group) => {
    listener.statusChanged()
    endForbidden(group)
  })
  return { state, endForbidden }
}

/** Who is in which group. */
const peopleAmong = (connections: ReadonlySet<Connection>) => ({
  joined: (group?: string): Participant[] =>
    [...connections].flatMap((c) =>
      c.joinedAt && (group === undefined || c.group === group) ? [c.participant(c.joinedAt)] : [],
    ),
  hasOthers: ({ id, group }: Connection): boolean =>
    [...connections].some((c) => c.id !== id && c.joinedAt && c.group === group),
  isShown: ({ group }: Connection, id: string): boolean =>
    [...connections].some(
      (c) => c.group === group && (c.live.shown.has(id) || c.live.streams.has(id)),
    ),
  /** Whether a client of a group is on the bridge, or on its way in over it: Galene may have let it in already. */
  onBridge(group: string, clientId: string): ReturnType<OnBridge> {
    const all = [...connections].filter((c) => c.group === group && c.clientId === clientId)
    if (all.some((c) => c.joinedAt)) return 'joined'
    // Who is asked about still, or refused, is not on any way in, and hides nobody of that id.
    const isComing = all.some((c) => c.phase === 'joining' && c.admitted !== undefined)
    return isComing ? 'joining' : undefined
  },
})

/** The bridge at /sfu: carries Galene's protocol between browsers and Galene, and lets pass only what may pass. */
export const createBridge = (needs: BridgeNeeds) => {
  const connections = new Set<Connection>()
  const perPerson = new Map<string, number>()
  const { state, endForbidden } = watchGroups(needs)
  const { counts } = needs
  const server = createServer(needs.config)

  const { joined, hasOthers, onBridge, isShown } = peopleAmong(connections)
  const stops = [counts.watch(() => connections.size), needs.bridges.add(onBridge)]
  const ended = (connection: Connection, why: string) => {
    const { caller, group, joinedAt, admitted, clientId } = connection
    connections.delete(connection)
    if (admitted !== undefined) needs.bridges.left(group, clientId)
    const left = (perPerson.get(caller.userId) ?? 1) - 1
    if (left > 0) perPerson.set(caller.userId, left)
    else perPerson.delete(caller.userId)
    if (!joinedAt) return
    needs.listener.connectionEnded(connection.record(joinedAt, why))
    needs.listener.participantsChanged(group)
    if (joined(group).length > 0) return
    if (state.of(group).recording) needs.lookAtRecording(group)
    if (!isKnown(group)) needs.listener.statusChanged()
  }
  /** While the SFU does not answer, nothing is known where nobody here is: its locks and recorders live in its memory. */
  const isKnown = (group: string) => needs.isReachable() || joined(group).length > 0
  const actsOn = createActs({ ...needs, connections })
  const brakeFor = createBrakes(needs.config)
  const shared: Shared = { needs, counts, state, ended, brakeFor, hasOthers, isShown, actsOn }
  const sweeper = setInterval(() => {
    for (const connection of connections) connection.sweep()
  }, SWEEP_MS)
  sweeper.unref()

  const mustHaveRoom = ({ userId }: Caller) => {
    const { connections: most, connections_per_person } = needs.config
    const isFull = connections.size >= most
    if (!isFull && (perPerson.get(userId) ?? 0) < connections_per_person) return
    counts.refused('connections')
    throw new PyriteError('calls.too-many-connections', 'there are too many call connections')
  }

  const { all, ...access } = liveAccess(connections, needs)

  return {
    ...access,
    participants: joined,
    sessions: () => [...new Set([...connections].map(({ caller }) => caller.sessionId))],
    groupState: (group: string) => (isKnown(group) ? state.of(group) : NOTHING_KNOWN),
    connections: () => connections.size,
    /** Takes over an upgrade of a known caller. Throws PyriteError (503) before the upgrade where there is no room [SFU-3]. */
    handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, caller: Caller) {
      mustHaveRoom(caller)
      const address = caller.address ?? request.socket.remoteAddress ?? ''
      server.handleUpgrade(request, socket, head, (client) => {
        perPerson.set(caller.userId, (perPerson.get(caller.userId) ?? 0) + 1)
        connections.add(new Connection(shared, client, socket, caller, address))
      })
    },
    /** Whether calls of this group may be recorded may have changed: moderators can from now on, or a recording ends. */
    recordingChanged(group: string) {
      all({ group }, (c) => c.joinedAt && c.recording.follow())
      endForbidden(group)
    },
    /** Somebody of ours was in a group, and saw whether it is recorded. Where anybody is on the bridge, they hear its end themselves. */
    recordingSeen: (group: string, isRecording: boolean) =>
      isRecording || joined(group).length > 0 || state.recordingEnded(group),
    /** The SFU did not answer a look: all connections to it are looked at [SFU-14]. */
    sfuSilent: () => all({}, (c) => c.suspect()),
    /** The SFU is gone or restarts [SFU-16]. */
    sfuGone() {
      state.forget()
      all({}, (c) => c.finish(CLOSE.restart, 'service restart', 'sfu-gone'))
    },
    /** Ends all; `words` tell everybody why. */
    stop(words?: string) {
      clearInterval(sweeper)
      for (const stop of stops) stop()
      if (words !== undefined) all({}, (c) => c.notice('info', words))
      all({}, (c) => c.finish(CLOSE.restart, 'service restart', 'pyrite-stopped'))
    },
  }
}
export type Bridge = ReturnType<typeof createBridge>
