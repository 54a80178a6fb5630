import { deepSignal, type Shallow, shallow } from 'deepsignal'
import type { DeviceKind, DeviceList } from '../../media/devices.ts'
import type {
  CallStats,
  CallStream,
  ConnectionState,
  Participant,
  Transfer,
} from '../../media/transport.ts'

export type CallChannel = { slug: string; name: string }

/** `silent`: I may not speak in this call. */
export type MicrophoneState = 'on' | 'muted' | 'missing' | 'silent'

export type CallState = {
  /** `preparing`: the panel before joining; `ended`: over, and not by me. */
  phase: 'idle' | 'preparing' | 'in-call' | 'ended'
  /** Whose call it is, in every phase but `idle`. */
  channel: Shallow<CallChannel> | undefined
  connection: Shallow<ConnectionState>
  participants: Shallow<Participant[]>
  streams: Shallow<CallStream[]>
  transfers: Shallow<Transfer[]>
  /** Ended transfers that were put out of sight, by id. */
  hidden: ReadonlySet<string>
  /** Participants heard now, by id. */
  speaking: ReadonlySet<string>
  muted: boolean
  /** A moderator switched my microphone off, and I have not answered. */
  muteAsked: boolean
  cameraOn: boolean
  /** A device is being opened. */
  busy: boolean
  sharing: boolean
  devices: Shallow<DeviceList>
  /** Why there is no camera or microphone; '' when there is, or when it is not wanted. */
  problems: Shallow<{ [Kind in DeviceKind]: string }>
  /** Counts changes of my own tracks, so that a preview knows to look again. */
  ownTracks: number
  stats: Shallow<CallStats> | undefined
  /** Key of the tile that is enlarged. */
  stage: string | undefined
  /** On a phone the call is a bar until it is opened. */
  open: boolean
}

const NOT_CONNECTED: ConnectionState = { is: 'connecting' }
const NO_DEVICES: DeviceList = { cameras: [], microphones: [] }

/** How everything stands without a call. */
export const initialState = (): CallState => ({
  phase: 'idle',
  channel: undefined,
  connection: shallow(NOT_CONNECTED),
  participants: shallow([]),
  streams: shallow([]),
  transfers: shallow([]),
  hidden: new Set(),
  speaking: new Set(),
  muted: false,
  muteAsked: false,
  cameraOn: false,
  busy: false,
  sharing: false,
  devices: shallow(NO_DEVICES),
  problems: shallow({ camera: '', microphone: '' }),
  ownTracks: 0,
  stats: undefined,
  stage: undefined,
  open: false,
})

export const createState = () => deepSignal<CallState>(initialState())
