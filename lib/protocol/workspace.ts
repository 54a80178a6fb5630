import type { CallCard } from './calls.ts'
import type { CallDevice, CallParticipant, Channel, ChannelMember, MyChannel } from './channels.ts'
import type { Message, ReadPosition } from './chat.ts'
import type { ModerationAct } from './moderation.ts'
import type { User } from './users.ts'

/** workspace.load, GET /api/workspace: everything the first screen needs. `open` lists channels I could join. */
export type Workspace = {
  name: string
  me: User
  users: User[]
  online: string[]
  channels: MyChannel[]
  open: Channel[]
}

/** How a channel's call stands, GET /api/channels/:channelSlug/sfu_status [SFU-19]. */
export type SfuStatus = {
  reachable: boolean
  /** Where the browser connects: always "/sfu". */
  endpoint: string
  group: string
  sync: { state: 'in-step' | 'pending' | 'failed'; reason?: string }
  locked: boolean
  recording: boolean
  /** Who started the recording that runs; absent where that is not known. */
  recordingBy?: string
  /** What this call server can do at all: record, and take streams of devices (WHIP). */
  can?: { record: boolean; whip: boolean }
  participants: CallParticipant[]
  /** Devices that publish into the call; absent while none does. */
  devices?: CallDevice[] | undefined
  checkedAt: string
}

/** Every push of /ws by name, with its body. All go only to those who may see them. */
export type Pushes = {
  /** First frame of every connection. */
  hello: {
    protocol: number
    connectionId: string
    userId: string
    heartbeatSeconds: number
    serverTime: string
    serverVersion: string
  }
  /** A message was posted, edited or deleted: its newest state. */
  'chat.message': Message
  'chat.typing': { channelSlug: string; userId: string }
  /** Another of my tabs read on. */
  'chat.read': ReadPosition
  'presence.changed': { userId: string; online: boolean }
  /** A person was added or changed. */
  'users.changed': User
  /** I am in this channel now, or it or my role in it changed. */
  'channels.changed': MyChannel
  /** I am not in this channel any more (left, removed). */
  'channels.gone': { channelSlug: string }
  /** An open channel I am not in appeared or changed. */
  'channels.opened': Channel
  'channels.member': { channelSlug: string; member: ChannelMember; memberCount?: number }
  'channels.member-left': { channelSlug: string; userId: string; memberCount?: number }
  /** Who is in the channel's call now: the whole list, replacing the old one. */
  'calls.participants': { channelSlug: string; participants: CallParticipant[] }
  /** A call of the channel began, ended, or somebody came or went: its newest state. */
  'calls.changed': CallCard
  /** An act of moderation was recorded or ended: its newest state. A person who is banned hears it last of all of the channel. */
  'moderation.changed': ModerationAct
  /** The channel's finished recordings are others now: ask again. */
  'recordings.changed': { channelSlug: string }
  'calls.status': { channelSlug: string; status: SfuStatus }
}
