import { shallow } from 'deepsignal'
import { type Clock, every } from '../../media/clock.ts'
import type { DeviceKind, Devices } from '../../media/devices.ts'
import type { Call, CallEvents, Transfer, Transport } from '../../media/transport.ts'
import type { Storage } from '../../platform/storage.ts'
import { createLocalMedia } from './local-media.ts'
import type { Speakers } from './speakers.ts'
import {
  type CallChannel,
  type CallState,
  createState,
  initialState,
  type MicrophoneState,
} from './state.ts'

export type CallNeeds = {
  transport: Transport
  devices: Devices
  storage: Pick<Storage, 'read' | 'write'>
  /** Plays what the others say. */
  speakers: Speakers
  clock: Clock
  /** My name, as the others should see it. */
  displayName: () => string
  /** A sentence for the person, shown at the edge of the screen. */
  say: (text: string) => void
}

const STATS_EVERY_MS = 2_000
const CAMERA_KEY = 'call.camera-off'

type Own = {
  needs: CallNeeds
  state: CallState
  media: ReturnType<typeof createLocalMedia>
  call: Call | undefined
  screen: MediaStream | undefined
  /** Whether I could present when I last heard of it. */
  couldPresent: boolean
}

/** Says when somebody offers me a file, since the list may be out of sight. */
const announce = ({ state, needs }: Own, transfers: Transfer[]): void => {
  const known = new Set(state.transfers.map(({ id }) => id))
  for (const { id, direction, participantId, name } of transfers) {
    if (known.has(id) || direction === 'sending') continue
    const from = state.participants.find((participant) => participant.id === participantId)
    needs.say(`${from?.displayName ?? 'Somebody'} offers you a file: ${name}`)
  }
}

/** Whoever may not present any more lets go of camera, microphone and screen. Nothing opens by itself when the right comes back. */
const followRights = (own: Own, mine: OwnMedia): void => {
  const me = own.state.participants.find(({ isMe }) => isMe)
  if (!me || me.canPresent === own.couldPresent) return
  own.couldPresent = me.canPresent
  if (me.canPresent) {
    own.needs.say('You may speak again. Your microphone and your camera are off.')
  } else mine.letGo()
}

/** What the carrier tells becomes state. */
const eventsFor = (own: Own, mine: OwnMedia, over: (because: string) => void): CallEvents => {
  const { state, needs } = own
  return {
    state: (connection) => {
      state.connection = shallow(connection)
      if (connection.is === 'ended') over(connection.because)
    },
    participants: (participants) => {
      state.participants = shallow(participants)
      followRights(own, mine)
    },
    streams: (streams) => {
      state.streams = shallow(streams)
      needs.speakers.play(streams)
    },
    transfers: (transfers) => {
      announce(own, transfers)
      state.transfers = shallow(transfers)
    },
    speaking: (ids) => {
      state.speaking = ids
    },
    notice: needs.say,
    mutedByModerator: () => {
      if (microphoneState(own) === 'on') state.muteAsked = true
      state.muted = true
    },
  }
}

/** My camera, my microphone and my screen, in a call and before one. */
const ownMedia = (own: Own) => {
  const { state, media, needs } = own
  const tell = () => {
    own.call?.publishCamera(media.stream())
    own.call?.setCameraOn(state.cameraOn)
    own.call?.setMuted(state.muted || !media.track('microphone'))
  }
  const open = async (kinds: readonly DeviceKind[]) => {
    state.busy = true
    await media.open(kinds)
    state.busy = false
    if (state.phase === 'idle') return
    state.devices = shallow(await needs.devices.list())
    tell()
  }
  const setCamera = async (on: boolean) => {
    needs.storage.write(CAMERA_KEY, on ? undefined : 'yes')
    if (on) return open(['camera'])
    media.close('camera')
    tell()
  }
  const setMuted = async (muted: boolean) => {
    state.muted = muted
    state.muteAsked = false
    if (!muted && !media.track('microphone')) await openMicrophone()
    tell()
  }
  const openMicrophone = async () => {
    await open(['microphone'])
    // The panel before the call shows it beside the devices; in the call they may be out of sight.
    const problem = media.problem('microphone')
    if (problem && state.phase === 'in-call') needs.say(problem)
  }
  const stopScreen = () => {
    for (const track of own.screen?.getTracks() ?? []) track.stop()
    own.screen = undefined
    state.sharing = false
    own.call?.publishScreen(undefined)
  }
  const share = async () => {
    const { call } = own
    const screen = await needs.devices.openScreen()
    if (!screen) return
    // While the person was choosing the call may have ended, another one begun, or a second choice been made.
    if (!call || own.call !== call || own.screen) {
      for (const track of screen.getTracks()) track.stop()
    } else {
      own.screen = screen
      state.sharing = true
      for (const track of screen.getVideoTracks()) track.onended = stopScreen
      call.publishScreen(screen)
    }
  }
  const letGo = () => {
    stopScreen()
    media.close('camera')
    media.close('microphone')
    state.muted = true
    state.muteAsked = false
    tell()
  }
  return { open, setCamera, setMuted, share, stopScreen, letGo, tell }
}
type OwnMedia = ReturnType<typeof ownMedia>

const NAMES: Record<DeviceKind, string> = { camera: 'camera', microphone: 'microphone' }
const WITHOUT: Record<DeviceKind, string> = {
  camera: 'nobody sees you',
  microphone: 'nobody hears you',
}

/** A device went away by itself: takes another, and says which. */
const replaceDevice = async (own: Own, mine: OwnMedia, kind: DeviceKind): Promise<void> => {
  const { state, media, needs } = own
  if (state.phase !== 'in-call' && state.phase !== 'preparing') return
  await mine.open([kind])
  const label = media.track(kind)?.label
  const lost = `Your ${NAMES[kind]} was unplugged`
  if (label === undefined) needs.say(`${lost}, and there is no other: ${WITHOUT[kind]}.`)
  else needs.say(`${lost}. Now using ${label}.`)
}

/** The phases of a call: preparing, in it, over. */
const phases = (own: Own, mine: OwnMedia) => {
  const { state, media, needs } = own
  const clear = () => {
    for (const track of own.screen?.getTracks() ?? []) track.stop()
    own.screen = undefined
    own.call = undefined
    media.stop()
    needs.speakers.stop()
    Object.assign(state, { ...initialState(), channel: state.channel })
  }
  const over = (because: string) => {
    clear()
    if (because === '') state.channel = undefined
    else {
      state.phase = 'ended'
      state.connection = shallow({ is: 'ended', because })
      state.open = true
    }
  }
  const leave = () => {
    if (own.call) own.call.leave()
    else over('')
  }
  const prepare = async (channel: CallChannel) => {
    if (state.phase !== 'idle') leave()
    state.channel = shallow(channel)
    state.phase = 'preparing'
    state.open = true
    const wantsCamera = needs.storage.read(CAMERA_KEY) === undefined
    await mine.open(wantsCamera ? ['microphone', 'camera'] : ['microphone'])
  }
  const join = () => {
    const { channel } = state
    if (!channel || state.phase !== 'preparing') return
    state.phase = 'in-call'
    state.connection = shallow({ is: 'connecting' })
    own.couldPresent = true
    const muted = state.muted || !media.track('microphone')
    const options = { channelSlug: channel.slug, displayName: needs.displayName() }
    own.call = needs.transport.join(
      { ...options, camera: media.stream(), muted },
      eventsFor(own, mine, over),
    )
  }
  return { leave, prepare, join }
}

const watch = (own: Own): (() => void) => {
  const { state, needs } = own
  const look = async () => {
    if (state.connection.is !== 'connected' || !own.call) return
    const stats = await own.call.stats()
    if (own.call) state.stats = shallow(stats)
  }
  const list = async () => {
    if (state.phase === 'idle') return
    state.devices = shallow(await needs.devices.list())
  }
  const stopLooking = every(needs.clock, STATS_EVERY_MS, () => void look())
  const stopListing = needs.devices.onChange(() => void list())
  return () => {
    stopLooking()
    stopListing()
  }
}

const connectOwn = (needs: CallNeeds) => {
  const { devices, storage } = needs
  const state = createState()
  const media = createLocalMedia({
    devices,
    storage,
    changed: () => {
      state.cameraOn = media.track('camera') !== undefined
      const [camera, microphone] = [media.problem('camera'), media.problem('microphone')]
      state.problems = shallow({ camera, microphone })
      state.ownTracks += 1
    },
    ended: (kind) => void replaceDevice(own, mine, kind),
  })
  const none = { call: undefined, screen: undefined }
  const own: Own = { needs, state, media, ...none, couldPresent: true }
  const mine = ownMedia(own)
  return { own, mine }
}

/** What can be done as things stand. */
const possibilities = ({ state }: Own) => ({
  active: () => state.phase === 'in-call' || state.phase === 'preparing',
  connected: () => state.phase === 'in-call' && state.connection.is === 'connected',
  /** Listeners may not send; before I am in, nobody knows. */
  present: () => state.participants.find(({ isMe }) => isMe)?.canPresent !== false,
  record: () => state.participants.some(({ isMe, canRecord }) => isMe && canRecord),
})

/** What others hear of me. Without a microphone there is none, whether I am muted or not. */
const microphoneState = (own: Own): MicrophoneState => {
  const { state, media } = own
  if (!possibilities(own).present()) return 'silent'
  const isOpen = state.ownTracks >= 0 && media.track('microphone') !== undefined
  if (!isOpen && !state.busy) return 'missing'
  return state.muted ? 'muted' : 'on'
}

const when = <T>(possible: boolean, action: T): T | undefined => (possible ? action : undefined)

const ownActions = (own: Own, mine: OwnMedia) => {
  const { state, needs } = own
  const can = possibilities(own)
  const canToggle = () => can.active() && !state.busy && can.present()
  const toggleMuted = () => void mine.setMuted(microphoneState(own) === 'on')
  const toggleCamera = () => void mine.setCamera(!state.cameraOn)
  const share = () => void mine.share().catch((error: Error) => needs.say(error.message))
  const canShare = () => can.connected() && can.present() && needs.devices.canShareScreen
  const sendFile = (participantId: string, file: File) => own.call?.sendFile(participantId, file)
  const record = (on: boolean) => own.call?.setRecording(on)
  return {
    muted: () => when(canToggle(), toggleMuted),
    camera: () => when(canToggle(), toggleCamera),
    screen: () => (state.sharing ? mine.stopScreen : when(canShare(), share)),
    sendFile: () => when(can.connected(), sendFile),
    record: () => when(can.connected() && can.record(), record),
  }
}

/** The call I am in, or prepare to be in. One at a time. An action that is impossible now is undefined. */
export const createCallStore = (needs: CallNeeds) => {
  const { own, mine } = connectOwn(needs)
  const { state, media } = own
  const { leave, prepare, join } = phases(own, mine)
  const can = possibilities(own)
  const actions = ownActions(own, mine)
  const unwatch = watch(own)
  const retry = () => own.call?.retryNow()
  return {
    state,
    /** My open track of a kind; read `state.ownTracks` to hear of changes. */
    track: media.track,
    chosen: media.chosen,
    /** Opens the panel before joining. Leaves a call that goes on elsewhere. */
    prepare: (channel: CallChannel) => void prepare(channel),
    get join() {
      return when(state.phase === 'preparing', join)
    },
    get leave() {
      return when(can.active(), leave)
    },
    /** Puts away the panel of a call that is not, or no more. */
    get close() {
      return when(state.phase === 'preparing' || state.phase === 'ended', leave)
    },
    get microphone() {
      return microphoneState(own)
    },
    /** Mutes or unmutes; where the microphone is missing, looks for one again. */
    get toggleMuted() {
      return actions.muted()
    },
    get toggleCamera() {
      return actions.camera()
    },
    get toggleScreen() {
      return actions.screen()
    },
    get retryNow() {
      return when(state.connection.is === 'reconnecting', retry)
    },
    /** Sends a file to one participant. */
    get sendFile() {
      return actions.sendFile()
    },
    /** Starts or stops a recording, for those whom the call server lets. */
    get setRecording() {
      return actions.record()
    },
    /** Chooses a device and remembers it; '' is whichever the browser prefers. */
    choose: (kind: DeviceKind, id: string) => void media.choose(kind, id).then(mine.tell),
    /** Tries again what could not be opened. */
    retryDevice: (kind: DeviceKind) => void mine.open([kind]),
    /** Stays muted, as a moderator asked. */
    stayMuted() {
      state.muteAsked = false
    },
    enlarge(key: string | undefined) {
      state.stage = key
    },
    setOpen(open: boolean) {
      state.open = open
    },
    /** Puts an ended transfer out of sight. */
    hideTransfer(id: string) {
      state.hidden = new Set([...state.hidden, id])
    },
    dispose() {
      unwatch()
      leave()
    },
  }
}
export type CallStore = ReturnType<typeof createCallStore>
