/** Everything that only calls need, behind one dynamic import: `await import('./calls.ts')`. */
import { createCallStore, createSpeakers } from '../features/call/index.ts'
import { systemClock } from '../media/clock.ts'
import { createDevices } from '../media/devices.ts'
import { createGaleneTransport } from '../media/galene/index.ts'
import type { Storage } from '../platform/storage.ts'

export { CallBar, CallPanel, type CallStore, JoinButton } from '../features/call/index.ts'
export { SendFile, TransferList } from '../features/files/index.ts'

export type CallsNeeds = {
  storage: Storage
  displayName: () => string
  /** A sentence for the person, shown at the edge of the screen. */
  say: (text: string) => void
}

/** Picks the carrier, and connects the call to this browser's devices. */
export const createCalls = ({ storage, displayName, say }: CallsNeeds) =>
  createCallStore({
    transport: createGaleneTransport(),
    devices: createDevices(navigator.mediaDevices),
    speakers: createSpeakers({
      newAudio: () => new Audio(),
      blocked: (resume) => {
        say('Click anywhere to hear the others.')
        addEventListener('pointerdown', resume, { once: true })
      },
    }),
    storage,
    clock: systemClock,
    displayName,
    say,
  })
