import type { DeviceKind, Devices, Opened } from '../../media/devices.ts'
import type { Storage } from '../../platform/storage.ts'

const KEYS: Record<DeviceKind, string> = {
  camera: 'call.camera',
  microphone: 'call.microphone',
}
const KINDS = ['camera', 'microphone'] as const

export type LocalMediaNeeds = {
  devices: Devices
  storage: Pick<Storage, 'read' | 'write'>
  /** A track came or went, or a problem did. */
  changed: () => void
  /** A device stopped by itself: unplugged, or taken away by the browser. */
  ended: (kind: DeviceKind) => void
}

/** My camera and microphone: what is open, why the rest is not, and which I chose. Nothing here knows of a call. */
export const createLocalMedia = ({ devices, storage, changed, ended }: LocalMediaNeeds) => {
  const tracks: { [Kind in DeviceKind]?: MediaStreamTrack } = {}
  let problems: Opened['problems'] = {}
  /** Counts what was asked of each kind, so that a device which opens too late is closed again. */
  const turns = { camera: 0, microphone: 0 }

  const chosen = (kind: DeviceKind) => storage.read(KEYS[kind]) ?? ''
  const drop = (kind: DeviceKind) => {
    turns[kind] += 1
    const track = tracks[kind]
    if (!track) return
    delete tracks[kind]
    track.onended = null
    track.stop()
  }
  const keep = (kind: DeviceKind, track: MediaStreamTrack | undefined) => {
    if (!track) return
    drop(kind)
    tracks[kind] = track
    track.onended = () => {
      if (tracks[kind] !== track) return
      delete tracks[kind]
      ended(kind)
    }
  }
  /** Opens what is asked for; what was open of another kind stays. Rejects never. */
  const open = async (kinds: readonly DeviceKind[]): Promise<void> => {
    const wants = (kind: DeviceKind) => (kinds.includes(kind) ? chosen(kind) : undefined)
    const before = { ...turns }
    const opened = await devices.open({ camera: wants('camera'), microphone: wants('microphone') })
    for (const kind of kinds) {
      if (turns[kind] !== before[kind]) {
        opened[kind]?.stop()
        continue
      }
      keep(kind, opened[kind])
      problems = { ...problems, [kind]: opened.problems[kind] }
    }
    changed()
  }

  return {
    open,
    /** Closes one: its light goes off. */
    close(kind: DeviceKind) {
      drop(kind)
      problems = { ...problems, [kind]: undefined }
      changed()
    },
    /** Remembers a device and, where this kind is open or failed to, opens it. */
    async choose(kind: DeviceKind, id: string): Promise<void> {
      storage.write(KEYS[kind], id)
      if (tracks[kind] || problems[kind]) await open([kind])
    },
    track: (kind: DeviceKind): MediaStreamTrack | undefined => tracks[kind],
    problem: (kind: DeviceKind): string => problems[kind] ?? '',
    chosen,
    /** Everything open in one stream, a new one each time; undefined when nothing is. */
    stream(): MediaStream | undefined {
      const open = KINDS.flatMap((kind) => tracks[kind] ?? [])
      return open.length > 0 ? new MediaStream(open) : undefined
    },
    stop() {
      for (const kind of KINDS) drop(kind)
      problems = {}
    },
  }
}
export type LocalMedia = ReturnType<typeof createLocalMedia>
