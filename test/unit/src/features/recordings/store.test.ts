import { describe, expect, it, vi } from 'vitest'
import type { WhipKey } from '../../../../../lib/protocol/recordings.ts'
import type { SfuStatus } from '../../../../../lib/protocol/workspace.ts'
import { createRecordings } from '../../../../../src/features/recordings/store.ts'
import { RequestError } from '../../../../../src/platform/request-error.ts'
import { fakeWire, settled } from '../../../../support/fake-wire.ts'

const key = (id: string): WhipKey => ({
  ...{ id, name: `Camera ${id}`, createdBy: 'alice', createdAt: new Date().toISOString() },
  publishing: null,
})

const start = async () => {
  const fake = fakeWire()
  const { state, createKey } = createRecordings({
    wire: fake.wire,
    http: { get: () => new Promise(() => undefined) },
    channelSlug: 'general',
    canManage: true,
  })
  fake.next('whip.keys').answer({ keys: [key('1')] })
  await settled()
  const names = () => state.keys.items.map(({ name }) => name)
  const say = () =>
    fake.push('calls.status', { channelSlug: 'general', status: {} as unknown as SfuStatus })
  return { ...fake, state, names, say, createKey }
}

describe('the keys of a channel', () => {
  it('are as the newest question was answered, however late an older one is', async () => {
    const { next, names, say, createKey } = await start()
    say()
    const older = next('whip.keys')
    const making = createKey('Camera 2')
    next('whip.create-key').answer({ key: key('2'), secret: 's3cret', path: '/whip/general' })
    await vi.waitFor(() => next('whip.keys').answer({ keys: [key('1'), key('2')] }))
    expect(await making).toMatchObject({ secret: 's3cret' })
    older.answer({ keys: [key('1')] })
    await settled()
    expect(names()).toEqual(['Camera 1', 'Camera 2'])
  })

  it('do not fail with an older question', async () => {
    const { next, state, names, say } = await start()
    say()
    const older = next('whip.keys')
    say()
    next('whip.keys').answer({ keys: [] })
    older.refuse(new RequestError('offline', 'lost'))
    await settled()
    expect([state.keys.is, names()]).toEqual(['ready', []])
  })

  it('are made when the list has them, also where it is asked for once more meanwhile', async () => {
    const { next, names, say, createKey } = await start()
    let isMade = false
    const making = createKey('Camera 2').then(() => {
      isMade = true
    })
    next('whip.create-key').answer({ key: key('2'), secret: 's3cret', path: '/whip/general' })
    const older = await vi.waitFor(() => next('whip.keys'))
    say()
    older.answer({ keys: [key('1'), key('2')] })
    await settled()
    expect(isMade).toBe(false)
    next('whip.keys').answer({ keys: [key('1'), key('2')] })
    await making
    expect(names()).toEqual(['Camera 1', 'Camera 2'])
  })
})
