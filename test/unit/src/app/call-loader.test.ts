import { expect, it } from 'vitest'
import { createCallLoader } from '../../../../src/app/call-loader.ts'
import type { CallSlot } from '../../../../src/app/call-parts.tsx'

const GENERAL = { slug: 'general', name: 'General' }

/** A loader whose code comes or not, as `comes` says one try after the other. */
const start = (...comes: boolean[]) => {
  const prepared: string[] = []
  const said: string[] = []
  const bugs: unknown[] = []
  let disposed = 0
  const parts = {
    prepare: ({ slug }: { slug: string }) => prepared.push(slug),
    dispose: () => {
      disposed += 1
    },
  } as unknown as CallSlot
  const loader = createCallLoader({
    importSlot: async () => {
      if (comes.shift() !== true) throw new TypeError('Failed to fetch the module')
      return parts
    },
    toasts: { fail: (text) => said.push(text) },
    onBug: (error) => bugs.push(error),
  })
  return { loader, prepared, said, bugs, left: () => comes.length, disposed: () => disposed }
}

it('says nothing of a failure in the background, which the next click mends', async () => {
  const { loader, prepared, said, bugs } = start(false, true)
  await loader.start()
  expect(loader.slot.value).toBeUndefined()
  expect(bugs).toHaveLength(1)
  expect(said).toEqual([])
  await loader.open(GENERAL)
  expect(loader.slot.value).toBeDefined()
  expect(prepared).toEqual(['general'])
  expect(said).toEqual([])
})

it('opens the panel for a click that came before the code, and fetches it once', async () => {
  const { loader, prepared, left } = start(true, true)
  await Promise.all([loader.start(), loader.open(GENERAL)])
  expect(prepared).toEqual(['general'])
  expect(left()).toBe(1)
})

it('says so when a click finds no code, and offers a reload when a second try finds none either', async () => {
  const { loader, prepared, said } = start(false, false, true)
  await loader.open(GENERAL)
  expect(said.at(-1)).toMatch(/try again/)
  expect(loader.needsReload.value).toBe(false)
  await loader.open(GENERAL)
  expect(said.at(-1)).toMatch(/reload/)
  expect(loader.needsReload.value).toBe(true)
  expect(prepared).toEqual([])
})

it('leaves the call with the person, also one whose code comes later', async () => {
  const { loader, disposed, prepared } = start(true)
  const opening = loader.open(GENERAL)
  loader.dispose()
  await opening
  expect(loader.slot.value).toBeUndefined()
  expect(disposed()).toBe(1)
  expect(prepared).toEqual([])
})
