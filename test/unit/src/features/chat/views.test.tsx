// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from '@testing-library/preact'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Composer, type ComposerProps } from '../../../../../src/features/chat/Composer.tsx'
import { Markdown } from '../../../../../src/features/chat/markdown/Markdown.tsx'
import { RequestError } from '../../../../../src/platform/request-error.ts'

beforeEach(() => {
  vi.stubGlobal('matchMedia', (query: string) => ({ matches: query.includes('fine') }))
})
afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

describe('a message', () => {
  const draw = (text: string) => {
    const mentioned = (username: string) =>
      username === 'alice' ? { name: 'Alice', isMe: true } : undefined
    return render(<Markdown text={text} mentioned={mentioned} />).container
  }
  it('never brings its own elements', () => {
    const drawn = draw('<img src=x onerror=alert(1)> <b>hi</b> `<i>`\n```\n<script>\n```')
    expect(drawn.querySelector('img, b, i, script')).toBeNull()
    expect(drawn.textContent).toContain('<img src=x onerror=alert(1)>')
  })
  it('opens links beside the page, without telling where from', () => {
    const link = draw('see https://example.org/a').querySelector('a')
    expect([link?.href, link?.target]).toEqual(['https://example.org/a', '_blank'])
    expect(link?.rel.split(' ')).toEqual(expect.arrayContaining(['noopener', 'noreferrer']))
  })
  it('marks those it mentions, if there is such a person', () => {
    const drawn = draw('@alice and @nobody')
    expect([...drawn.querySelectorAll('.mention')].map((one) => one.textContent)).toEqual([
      '@alice',
    ])
    expect(drawn.textContent).toBe('@alice and @nobody')
  })
  it('gives the numbers of a list the room that the longest takes', () => {
    const roomOf = (text: string) =>
      draw(text).querySelector('ol')?.style.getPropertyValue('--digits')
    expect(roomOf('1. one\n2. two')).toBe('1')
    expect(roomOf('9. nine\n10. ten')).toBe('2')
    expect(roomOf('2024. A good year')).toBe('4')
  })
  it('draws 10,000 nested quotes and marks without running out of stack', () => {
    expect(draw(`${'> '.repeat(3_000)}a`).textContent).toContain('a')
    expect(draw(`${'*_'.repeat(2_000)}a${'_*'.repeat(2_000)}`).textContent).toContain('a')
  })
})

describe('the box to write in', () => {
  const write = (more: Partial<ComposerProps> = {}) => {
    const props: ComposerProps = {
      channelName: 'garden',
      draft: '',
      keepDraft: vi.fn(),
      onTyped: vi.fn(),
      onSend: vi.fn(),
      onEditLast: vi.fn(),
      ...more,
    }
    render(<Composer {...props} />)
    return { props, box: () => screen.getByLabelText('Message garden') as HTMLTextAreaElement }
  }
  const type = (box: HTMLTextAreaElement, text: string) =>
    fireEvent.input(box, { target: { value: text } })

  it('sends on Enter, empties itself and forgets the draft', () => {
    const { props, box } = write({ draft: 'half a' })
    type(box(), 'half a thought')
    expect(props.keepDraft).toHaveBeenLastCalledWith('half a thought')
    expect(props.onTyped).toHaveBeenCalledTimes(1)
    fireEvent.keyDown(box(), { key: 'Enter' })
    expect(props.onSend).toHaveBeenCalledWith('half a thought')
    expect(box().value).toBe('')
    expect(props.keepDraft).toHaveBeenLastCalledWith('')
  })
  it.each([
    ['with Shift', { shiftKey: true }],
    ['while letters are composed', { isComposing: true }],
    ['as it ends them in Safari', { keyCode: 229 }],
  ])('does not send on Enter %s', (_, keys) => {
    const { props, box } = write({ draft: 'hi' })
    fireEvent.keyDown(box(), { key: 'Enter', ...keys })
    expect(props.onSend).not.toHaveBeenCalled()
  })
  describe('while a command is carried out', () => {
    const carrying = () => {
      const ends: { done: () => void; refuse: (error: Error) => void }[] = []
      const { props, box } = write({
        draft: '/kick bob',
        readCommand: () => ({
          ...{ suggestions: [], note: '', isWrong: false, isMessage: false },
          run: () => new Promise<void>((done, refuse) => ends.push({ done, refuse })),
        }),
      })
      fireEvent.keyDown(box(), { key: 'Enter' })
      return { props, box, ends }
    }
    it('takes what is typed next, and loses none of it when the answer comes', async () => {
      const { box, ends, props } = carrying()
      expect(box().value).toBe('')
      type(box(), 'next')
      ends[0]?.done()
      await new Promise((resolve) => setTimeout(resolve))
      expect(box().value).toBe('next')
      fireEvent.keyDown(box(), { key: 'Enter' })
      expect(props.onSend).toHaveBeenCalledWith('next')
    })
    it('gives a refused one back, but not over what is typed by then', async () => {
      const refusal = new RequestError('not-allowed', 'no')
      const first = carrying()
      first.ends[0]?.refuse(refusal)
      await vi.waitFor(() => expect(first.box().value).toBe('/kick bob'))
      expect(screen.getByText(/You are not allowed/)).toBeDefined()
      cleanup()
      const second = carrying()
      type(second.box(), 'next')
      second.ends[0]?.refuse(refusal)
      await vi.waitFor(() => expect(screen.getByText(/You are not allowed/)).toBeDefined())
      expect(second.box().value).toBe('next')
      type(second.box(), 'next one')
      expect(screen.getByText(/You are not allowed/)).toBeDefined()
      fireEvent.keyDown(second.box(), { key: 'Enter' })
      type(second.box(), 'next')
      expect(screen.queryByText(/You are not allowed/)).toBeNull()
    })
  })
  it('loses no key that follows another at once, while the first still takes effect', async () => {
    const names = ['ann', 'bob']
    const suggestions = (text: string) =>
      text === '/ti'
        ? [{ key: 'timeout', name: '/timeout', hint: '', text: '/timeout ' }]
        : names.map((name) => ({ key: name, name, hint: '', text: `/timeout @${name} ` }))
    const { box } = write({
      draft: '/ti',
      readCommand: (text) => ({
        suggestions: suggestions(text),
        note: '',
        isWrong: false,
        isMessage: false,
        run: undefined,
      }),
    })
    // Without the library's own waiting for effects: as fast as a browser takes keys.
    const press = async (key: string) => {
      box().dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))
      await Promise.resolve()
    }
    await press('Enter')
    expect(box().value).toBe('/timeout ')
    await press('ArrowDown')
    expect(screen.getByRole('option', { selected: true }).textContent).toContain('bob')
    await press('ArrowUp')
    expect(screen.getByRole('option', { selected: true }).textContent).toContain('ann')
    await press('ArrowDown')
    await press('Tab')
    expect(box().value).toBe('/timeout @bob ')
  })
  it('sends neither blanks nor what is too long, and says how much too long', () => {
    const { props, box } = write()
    for (const text of ['  \n ', 'x'.repeat(10_003)]) {
      type(box(), text)
      fireEvent.keyDown(box(), { key: 'Enter' })
    }
    expect(props.onSend).not.toHaveBeenCalled()
    expect(screen.getByText('3 characters too many')).toBeDefined()
  })
  it('edits my last message on ArrowUp, but only when it is empty', () => {
    const { props, box } = write()
    fireEvent.keyDown(box(), { key: 'ArrowUp' })
    type(box(), 'a')
    fireEvent.keyDown(box(), { key: 'ArrowUp' })
    expect(props.onEditLast).toHaveBeenCalledTimes(1)
  })
  it('tells a listener why there is none', () => {
    write({ onSend: undefined })
    expect(screen.queryByRole('textbox')).toBeNull()
    expect(screen.getByText(/You may read here/)).toBeDefined()
  })
})
