// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from '@testing-library/preact'
import { render as draw } from 'preact'
import { useRef } from 'preact/hooks'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { AskAgain } from '../../../../src/ui/AskAgain.tsx'
import { Button } from '../../../../src/ui/Button.tsx'
import { CopyButton } from '../../../../src/ui/CopyButton.tsx'
import { Dialog } from '../../../../src/ui/Dialog.tsx'
import { keepingFocus } from '../../../../src/ui/keeping-focus.ts'
import { Menu } from '../../../../src/ui/Menu.tsx'
import { ToastContext, Toasts } from '../../../../src/ui/Toasts.tsx'
import { createToasts } from '../../../../src/ui/toasts.ts'

afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
  document.body.replaceChildren()
})

describe('a button whose work is on its way', () => {
  it('does nothing when it is pressed again, and keeps the focus', () => {
    const press = vi.fn()
    const submit = vi.fn((event: Event) => event.preventDefault())
    const form = (busy: boolean) => (
      <form onSubmit={submit}>
        <Button busy={busy} onClick={press}>
          Ban
        </Button>
        <Button busy={busy} type="submit">
          Save
        </Button>
      </form>
    )
    const { rerender } = render(form(false))
    const ban = screen.getByText('Ban') as HTMLButtonElement
    ban.focus()
    rerender(form(true))
    expect(document.activeElement).toBe(ban)
    expect([ban.disabled, ban.getAttribute('aria-disabled')]).toEqual([false, 'true'])
    fireEvent.click(ban)
    fireEvent.click(screen.getByText('Save'))
    expect(press).not.toHaveBeenCalled()
    expect(submit).not.toHaveBeenCalled()
  })
})

describe('a dialog', () => {
  it('is open for the very next key, not a frame later', () => {
    const place = document.body.appendChild(document.createElement('div'))
    draw(
      <Dialog title="Ban?" onClose={() => undefined}>
        <p>Sure?</p>
      </Dialog>,
      place,
    )
    expect(place.querySelector('dialog')?.open).toBe(true)
    draw(null, place)
  })
  it('says what is said while it is open, since all else is out of reach', () => {
    const toasts = createToasts()
    render(
      <>
        <ToastContext.Provider value={toasts}>
          <Dialog title="About" onClose={() => undefined}>
            <p>People</p>
          </Dialog>
        </ToastContext.Provider>
        <Toasts toasts={toasts} />
      </>,
    )
    toasts.say('Bob is banned.')
    return vi.waitFor(() => {
      expect(screen.getByRole('dialog').textContent).toContain('Bob is banned.')
    })
  })
})

describe('a menu that is open', () => {
  const item = (key: string, run = () => undefined) => ({ key, label: key, run })
  const open = () => {
    const { rerender } = render(<Menu label="Moderate" items={[item('Kick'), item('Ban')]} />)
    fireEvent.click(screen.getByLabelText('Moderate'))
    return rerender
  }
  const choices = () => screen.queryAllByRole('menuitem').map((each) => each.textContent)

  it('keeps what it shows, so that nothing else comes under the hand', () => {
    const rerender = open()
    rerender(<Menu label="Moderate" items={[item('Ban')]} />)
    expect(choices()).toEqual(['Kick', 'Ban'])
    rerender(<Menu label="Moderate" items={[]} />)
    expect(choices()).toEqual(['Kick', 'Ban'])
    fireEvent.keyDown(screen.getByRole('menu'), { key: 'Escape' })
    expect(choices()).toEqual([])
  })
  it('stays while a list scrolls by itself, and goes when somebody scrolls beside it', () => {
    open()
    fireEvent.scroll(document)
    expect(choices()).toEqual(['Kick', 'Ban'])
    fireEvent.touchMove(screen.getByText('Ban'))
    expect(choices()).toEqual(['Kick', 'Ban'])
    fireEvent.wheel(document)
    expect(choices()).toEqual([])
    expect(document.activeElement).toBe(screen.getByLabelText('Moderate'))
  })
})

describe('what is asked twice', () => {
  it('has the focus on the harmless answer, which stands last, and is done once', async () => {
    const ends: (() => void)[] = []
    const act = vi.fn(() => new Promise<void>((done) => ends.push(done)))
    render(<AskAgain verb="Delete for good" keepVerb="Keep" act={act} onKeep={() => undefined} />)
    const [remove, keep] = screen.getAllByRole('button')
    expect(document.activeElement).toBe(keep)
    if (!remove) throw new Error('there is no button')
    fireEvent.click(remove)
    fireEvent.click(remove)
    expect(act).toHaveBeenCalledTimes(1)
    for (const end of ends) end()
    await vi.waitFor(() => expect(remove.getAttribute('aria-disabled')).toBe('false'))
  })
})

describe('a row that goes', () => {
  const rows = () => {
    document.body.innerHTML =
      '<ul tabindex="-1"><li><button>a</button></li><li><button>b</button></li></ul>'
    const [first, second] = document.querySelectorAll('li')
    if (!first || !second) throw new Error('there are no rows')
    return [first, second] as const
  }
  const focusIn = (row: HTMLElement) => row.querySelector('button')?.focus()
  const gone = (row: HTMLElement) => async () => {
    ;(document.activeElement as HTMLElement).blur()
    row.remove()
  }
  it('leaves the focus to the next one, the one before, or the list', async () => {
    const [first, second] = rows()
    focusIn(first)
    await keepingFocus(first, gone(first))
    expect(document.activeElement).toBe(second.querySelector('button'))
    await keepingFocus(second, gone(second))
    expect(document.activeElement).toBe(document.querySelector('ul'))
  })
  it('takes the focus from nobody who went on', async () => {
    const [first] = rows()
    focusIn(first)
    const other = document.body.appendChild(document.createElement('input'))
    await keepingFocus(first, async () => {
      first.remove()
      other.focus()
    })
    expect(document.activeElement).toBe(other)
  })
})

describe('Copy', () => {
  const Copied = () => {
    const shown = useRef<HTMLElement>(null)
    return (
      <>
        <code ref={shown}>secret</code>
        <CopyButton text="secret" shown={shown} label="Password" />
      </>
    )
  }
  const press = () => {
    render(<Copied />)
    fireEvent.click(screen.getByRole('button'))
  }
  const says = (words: RegExp) =>
    vi.waitFor(() => expect(screen.getByRole('status').textContent).toMatch(words))

  it('works without HTTPS, where there is no clipboard, the way of before', async () => {
    vi.stubGlobal('navigator', { userAgent: '', clipboard: undefined })
    const command = vi.fn(() => true)
    document.execCommand = command
    press()
    await says(/Password copied/)
    expect(command).toHaveBeenCalledWith('copy')
    expect(screen.getByRole('button').textContent).toContain('Copied')
  })
  it('selects the text and says what to press, where the browser refuses', async () => {
    vi.stubGlobal('navigator', {
      userAgent: '',
      clipboard: { writeText: () => Promise.reject(new Error('not allowed')) },
    })
    document.execCommand = () => false
    press()
    await says(/Password is selected\. Press Ctrl\+C/)
    expect(getSelection()?.toString()).toBe('secret')
  })
})
