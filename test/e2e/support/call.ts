import { expect } from 'vitest'
import type { Visitor } from '../../support/browser.ts'
import { eventually } from '../../support/eventually.ts'

/** The tile of one person in the strip: 'You', 'Bob', 'Bob, screen'. */
export const tileOf = ({ page }: Visitor, name: string) =>
  page.getByTestId('tile').filter({ has: page.getByLabel(`Enlarge ${name}`, { exact: true }) })

/** Joins the call of the channel on show, by clicks. */
export const joinCall = async ({ page }: Visitor): Promise<void> => {
  await page.getByRole('button', { name: /^Join call/ }).click()
  await page.getByRole('button', { name: 'Turn camera off' }).waitFor()
  await page.getByRole('button', { name: 'Join now' }).click()
  await page.getByTestId('call-state').getByText('Connected').waitFor()
}

export const leaveCall = async ({ page }: Visitor): Promise<void> => {
  await page.getByRole('button', { name: 'Leave', exact: true }).first().click()
  await page.getByRole('button', { name: /^Join call/ }).waitFor()
}

export type Received = {
  framesDecoded: number
  frameWidth: number
  /** Grows with every sound that is not silence. */
  audioEnergy: number
}

/** What the browser has decoded so far of the picture labelled `name`, and of the sound that belongs to it. */
export const receivedFrom = ({ page }: Visitor, name: string): Promise<Received | undefined> =>
  page.evaluate(async (label) => {
    const video = document.querySelector<HTMLVideoElement>(`video[aria-label="${label}"]`)
    const tracks = video?.srcObject instanceof MediaStream ? video.srcObject.getTracks() : undefined
    if (!tracks) return undefined
    const receivers = window.watched.peers
      .filter(({ connectionState }) => connectionState !== 'closed')
      .flatMap((peer) => peer.getReceivers())
      .filter(({ track }) => tracks.includes(track))
    const reports = await Promise.all(receivers.map((receiver) => receiver.getStats()))
    const received = { framesDecoded: 0, frameWidth: 0, audioEnergy: 0 }
    for (const stat of reports.flatMap((report) => [...report.values()])) {
      if (stat.type !== 'inbound-rtp') continue
      received.framesDecoded += stat.framesDecoded ?? 0
      received.frameWidth += stat.frameWidth ?? 0
      received.audioEnergy += stat.totalAudioEnergy ?? 0
    }
    return received
  }, name)

/** Resolves when `viewer` decodes further pictures of `name` from now on. */
export const decodes = async (viewer: Visitor, name: string, withinMs = 45_000): Promise<void> => {
  const look = async () => {
    const received = await receivedFrom(viewer, name)
    if (!received) throw new Error(`there is no picture of ${name}`)
    return received
  }
  const first = await eventually(look, withinMs, 100)
  await eventually(
    async () => {
      const now = await look()
      expect(now.framesDecoded).toBeGreaterThan(first.framesDecoded + 3)
      expect(now.frameWidth).toBeGreaterThan(0)
    },
    withinMs,
    100,
  )
}

/** Resolves when `listener` hears something of `name` that is not silence, from now on. */
export const hears = async (listener: Visitor, name: string, withinMs = 45_000): Promise<void> => {
  const energy = async () => (await receivedFrom(listener, name))?.audioEnergy ?? 0
  const before = await energy()
  await eventually(async () => expect(await energy()).toBeGreaterThan(before), withinMs, 100)
}

/** How many tracks of a camera, a microphone or a screen this page holds open. */
export const liveTracks = ({ page }: Visitor): Promise<number> =>
  page.evaluate(
    () => window.watched.tracks.filter(({ readyState }) => readyState === 'live').length,
  )
