import type { CallStats, ConnectionState, Participant } from '../../media/transport.ts'
import { deviceWords } from '../../ui/devices.tsx'
import type { MicrophoneState } from './state.ts'

/** The call's state in words, for the line under the controls. `now` in milliseconds since the epoch. */
export const stateWords = (
  connection: ConnectionState,
  stats: CallStats | undefined,
  now: number,
): string => {
  switch (connection.is) {
    case 'connecting':
      return 'Connecting'
    case 'connected':
      return connectedWords(stats)
    case 'reconnecting':
      if (connection.isAnnounced) return connection.because
      return `${connection.because}, ${retryWords(connection.retryAt - now)}`
    case 'ended':
      return connection.because || 'You left the call'
  }
}

const MICROPHONE_ACTIONS: Record<MicrophoneState, string> = {
  on: 'Mute',
  muted: 'Unmute',
  missing: 'No microphone, try again',
  silent: 'You may only listen',
}

/** What pressing the microphone's button does, and why not more. */
export const microphoneWords = (microphone: MicrophoneState): string =>
  MICROPHONE_ACTIONS[microphone]

const connectedWords = (stats: CallStats | undefined): string => {
  const parts = ['Connected']
  if (stats?.protocol) parts.push(stats.protocol.toUpperCase())
  if (stats?.rttMs != null) parts.push(`${stats.rttMs} ms`)
  return parts.join(', ')
}

const retryWords = (ms: number): string => {
  const seconds = Math.ceil(ms / 1000)
  return seconds > 0 ? `trying again in ${seconds} s` : 'trying again now'
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** A size as people read it: "1.4 MB". Thousands, not 1,024s. */
export const sizeWords = (bytes: number): string => {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  const value = bytes / 1000 ** power
  const digits = power === 0 || value >= 100 ? 0 : 1
  return `${value.toFixed(digits)} ${UNITS[power]}`
}

/** How the recording of a call stands, for those in it and those who may come in. */
export type RecordingView = {
  isRunning: boolean
  /** Who started it; '' where that is not known. */
  by: string
  isMine: boolean
  /** Whether the channel allows a new one. */
  isAllowed: boolean
}

/** Who records, in words. */
export const recordingWords = ({ by, isMine }: RecordingView): string => {
  if (isMine) return 'You are recording this call'
  return by ? `${by} is recording this call` : 'This call is being recorded'
}

/** Who is there: "1 person", "3 people, 1 device". */
export const presentWords = (participants: readonly Pick<Participant, 'isDevice'>[]): string => {
  const devices = participants.filter(({ isDevice }) => isDevice).length
  const people = participants.length - devices
  const words = people === 1 ? '1 person' : `${people} people`
  return devices > 0 ? `${words}, ${deviceWords(devices)}` : words
}
