// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from '@testing-library/preact'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { NewWhipKey, WhipKey } from '../../../../../lib/protocol/recordings.ts'
import { createRecordings } from '../../../../../src/features/recordings/store.ts'
import { WhipKeys } from '../../../../../src/features/recordings/WhipKeys.tsx'
import { fakeWire } from '../../../../support/fake-wire.ts'

const key = (id: string): WhipKey => ({
  ...{ id, name: `Camera ${id}`, createdBy: 'alice', createdAt: new Date().toISOString() },
  publishing: null,
})
const made: NewWhipKey = { key: key('2'), secret: 's3cret', path: '/whip/general' }

const start = async (keys: WhipKey[]) => {
  const fake = fakeWire()
  const { asked, next } = fake
  const store = createRecordings({
    wire: fake.wire,
    http: { get: () => new Promise(() => undefined) },
    channelSlug: 'general',
    canManage: true,
  })
  render(
    <WhipKeys store={store} personOf={(id) => id} now={() => new Date()} origin="https://a.b" />,
  )
  next('whip.keys').answer({ keys })
  await vi.waitFor(() => expect(screen.queryAllByRole('listitem')).toHaveLength(keys.length))
  const count = (type: string) => asked.filter((one) => one.type === type).length
  return { next, count }
}
const button = (name: RegExp) => screen.getByRole('button', { name })

afterEach(cleanup)

describe('keys of streaming devices', () => {
  it('are made once by two presses of Enter, and the key that is shown has the focus', async () => {
    const { next, count } = await start([])
    const box = screen.getByLabelText('New device') as HTMLInputElement
    const form = box.closest('form')
    if (!form) throw new Error('there is no form')
    fireEvent.input(box, { target: { value: 'Camera 2' } })
    fireEvent.submit(form)
    fireEvent.submit(form)
    expect(count('whip.create-key')).toBe(1)
    next('whip.create-key').answer(made)
    await vi.waitFor(() => expect(count('whip.keys')).toBe(1))
    next('whip.keys').answer({ keys: [made.key] })
    const shown = await screen.findByRole('region', { name: 'Key for Camera 2' })
    expect(document.activeElement).toBe(shown)
    expect(shown.textContent).toContain('s3cret')
    fireEvent.click(button(/^Done/))
    expect(document.activeElement).toBe(screen.getByLabelText('New device'))
    expect((screen.getByLabelText('New device') as HTMLInputElement).value).toBe('')
  })

  it('are revoked only when that is asked twice, and the keyboard goes on at the next one', async () => {
    const { next, count } = await start([key('1'), key('2')])
    fireEvent.click(button(/^Revoke.*Camera 1/))
    expect(count('whip.revoke-key')).toBe(0)
    expect(document.activeElement).toBe(button(/^Keep/))
    button(/^Revoke for good/).focus()
    fireEvent.click(button(/^Revoke for good/))
    fireEvent.click(button(/^Revoke for good/))
    expect(count('whip.revoke-key')).toBe(1)
    next('whip.revoke-key').answer({})
    await vi.waitFor(() => expect(count('whip.keys')).toBe(1))
    next('whip.keys').answer({ keys: [key('2')] })
    await vi.waitFor(() => expect(screen.getAllByRole('listitem')).toHaveLength(1))
    await vi.waitFor(() => expect(document.activeElement).toBe(button(/^Revoke.*Camera 2/)))
  })
})
