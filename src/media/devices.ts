/** Cameras, microphones and screens, as this browser gives them. */

export type DeviceKind = 'camera' | 'microphone'
export type Device = { id: string; label: string }
export type DeviceList = { cameras: Device[]; microphones: Device[] }

/** What to open: a device's id, '' for whichever the browser prefers, undefined for none. */
export type Wanted = { camera: string | undefined; microphone: string | undefined }

/** What was opened, and for each that could not be a sentence that helps. Opening never throws. */
export type Opened = {
  camera?: MediaStreamTrack
  microphone?: MediaStreamTrack
  problems: { [Kind in DeviceKind]?: string }
}

export type Devices = {
  open(wanted: Wanted): Promise<Opened>
  /** Labels are '' until something was opened. Empty lists where the browser gives none. */
  list(): Promise<DeviceList>
  /** Something was plugged in or out. The answer stops listening. */
  onChange(run: () => void): () => void
  /** Asks the person what to show; undefined when they changed their mind. Rejects with a sentence. */
  openScreen(): Promise<MediaStream | undefined>
  /** Whether this browser can share a screen at all. */
  canShareScreen: boolean
}

const CAMERA: MediaTrackConstraints = {
  width: { ideal: 1280 },
  height: { ideal: 720 },
  frameRate: { ideal: 30, max: 30 },
}
const MICROPHONE: MediaTrackConstraints = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
}
const NAMES: Record<DeviceKind, string> = { camera: 'camera', microphone: 'microphone' }
const INSECURE =
  'Browsers give cameras and microphones only to pages opened over https. Ask for an https address, or join to listen.'

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '')

/** One sentence of cause and one of help, for what `getUserMedia` refused. */
export const problemSentence = (kind: DeviceKind, error: unknown): string => {
  const name = NAMES[kind]
  switch (nameOf(error)) {
    case 'NotAllowedError':
    case 'SecurityError':
      return `This page may not use your ${name}. Allow it in the site settings beside the address, then try again.`
    case 'NotFoundError':
    case 'OverconstrainedError':
      return `No ${name} was found. Plug one in, or join without it.`
    case 'NotReadableError':
    case 'AbortError':
      return `Your ${name} does not answer, perhaps another program uses it. Close that program and try again.`
    default:
      return `Your ${name} could not be started. Try again, or choose another one.`
  }
}

const constraint = (
  base: MediaTrackConstraints,
  id: string | undefined,
): MediaTrackConstraints | false => {
  if (id === undefined) return false
  return id === '' ? base : { ...base, deviceId: { exact: id } }
}

const isGone = (error: unknown): boolean =>
  ['OverconstrainedError', 'NotFoundError'].includes(nameOf(error))

const toOpened = (stream: MediaStream): Opened => {
  const [camera] = stream.getVideoTracks()
  const [microphone] = stream.getAudioTracks()
  return { ...(camera && { camera }), ...(microphone && { microphone }), problems: {} }
}

const openTogether = async (media: MediaDevices, wanted: Wanted): Promise<Opened> =>
  toOpened(
    await media.getUserMedia({
      video: constraint(CAMERA, wanted.camera),
      audio: constraint(MICROPHONE, wanted.microphone),
    }),
  )

/** Opens one kind alone; a chosen device that is gone gives way to whichever is there. */
const openAlone = async (media: MediaDevices, kind: DeviceKind, id: string): Promise<Opened> => {
  const only = (value: string): Wanted => ({
    camera: undefined,
    microphone: undefined,
    [kind]: value,
  })
  try {
    return await openTogether(media, only(id))
  } catch (error) {
    if (id && isGone(error)) return openAlone(media, kind, '')
    return { problems: { [kind]: problemSentence(kind, error) } }
  }
}

const openApart = async (media: MediaDevices, wanted: Wanted): Promise<Opened> => {
  const opened: Opened = { problems: {} }
  for (const kind of ['microphone', 'camera'] as const) {
    const id = wanted[kind]
    if (id === undefined) continue
    const { problems, ...tracks } = await openAlone(media, kind, id)
    Object.assign(opened, tracks)
    Object.assign(opened.problems, problems)
  }
  return opened
}

const open = async (media: MediaDevices | undefined, wanted: Wanted): Promise<Opened> => {
  if (wanted.camera === undefined && wanted.microphone === undefined) return { problems: {} }
  if (!media?.getUserMedia) return { problems: { camera: INSECURE, microphone: INSECURE } }
  // Asked together the browser asks the person once; apart, one that is missing does not cost the other.
  return openTogether(media, wanted).catch(() => openApart(media, wanted))
}

const devicesOf = (all: MediaDeviceInfo[], kind: MediaDeviceKind, name: string): Device[] =>
  all
    .filter((device) => device.kind === kind && device.deviceId !== '')
    .map(({ deviceId, label }, i) => ({ id: deviceId, label: label || `${name} ${i + 1}` }))

const list = async (media: MediaDevices | undefined): Promise<DeviceList> => {
  const all = (await media?.enumerateDevices?.()) ?? []
  return {
    cameras: devicesOf(all, 'videoinput', 'Camera'),
    microphones: devicesOf(all, 'audioinput', 'Microphone'),
  }
}

const openScreen = async (media: MediaDevices | undefined): Promise<MediaStream | undefined> => {
  if (!media?.getDisplayMedia) throw new Error('This browser cannot share a screen.')
  try {
    return await media.getDisplayMedia({
      video: { frameRate: { ideal: 15, max: 30 } },
      audio: true,
    })
  } catch (error) {
    if (nameOf(error) === 'NotAllowedError') return undefined
    throw new Error('The screen could not be shared. Try again, or choose a window instead.', {
      cause: error,
    })
  }
}

/** `media` is undefined where the page is not secure. */
export const createDevices = (media: MediaDevices | undefined): Devices => ({
  open: (wanted) => open(media, wanted),
  list: () => list(media),
  openScreen: () => openScreen(media),
  canShareScreen: media !== undefined && 'getDisplayMedia' in media,
  onChange: (run) => {
    media?.addEventListener('devicechange', run)
    return () => media?.removeEventListener('devicechange', run)
  },
})
