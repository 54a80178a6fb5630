// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from '@testing-library/preact'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { DeviceRows } from '../../../../../src/features/recordings/DeviceRows.tsx'
import { RequestError } from '../../../../../src/platform/request-error.ts'

const roof = { id: 'key-1', name: 'Roof', by: 'bob', since: new Date().toISOString() }
const show = (endStream: Parameters<typeof DeviceRows>[0]['endStream'], devices = [roof]) =>
  render(<DeviceRows devices={devices} personOf={() => 'Bob'} endStream={endStream} />)

afterEach(cleanup)

describe('devices that stream now', () => {
  it('are shown by the name of their key and whose they are, and are ended by those who may', async () => {
    const ended: string[] = []
    show(async ({ id }) => void ended.push(id))
    expect(screen.getByRole('listitem').textContent).toMatch(/^Roof.*Device of Bob/)
    fireEvent.click(screen.getByRole('button', { name: /^End the stream of Roof/ }))
    await vi.waitFor(() => expect(document.activeElement).toBe(screen.getByRole('list')))
    expect(ended).toEqual(['key-1'])
  })

  it('are only shown to others, and nothing is while there is none', () => {
    show(undefined)
    expect(screen.queryByRole('button')).toBeNull()
    cleanup()
    const { container } = show(undefined, [])
    expect(container.textContent).toBe('')
  })

  it('leave the focus of who ended the last of them in the section, though its row goes first', async () => {
    const answers: (() => void)[] = []
    const end = () => new Promise<void>((done) => void answers.push(done))
    const { rerender } = show(end)
    const button = screen.getByRole('button', { name: /^End/ })
    button.focus()
    fireEvent.click(button)
    rerender(<DeviceRows devices={[]} personOf={() => 'Bob'} endStream={end} />)
    for (const answer of answers) answer()
    await vi.waitFor(() => expect(document.activeElement).toBe(screen.getByRole('list')))
    screen.getByText('No device streams into the call now.')
  })

  it('that could not be ended say why, and go on saying so when they are gone', async () => {
    const { rerender } = show(() =>
      Promise.reject(new RequestError('calls.no-answer', 'the call server does not answer')),
    )
    fireEvent.click(screen.getByRole('button', { name: /^End/ }))
    await screen.findByText(/call server does not answer/i)
    rerender(<DeviceRows devices={[]} personOf={() => 'Bob'} endStream={undefined} />)
    screen.getByText(/call server does not answer/i)
  })
})
