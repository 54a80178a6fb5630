import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Ellipsis } from './icons.tsx'

export type MenuItem = {
  key: string
  label: string
  run: () => void
  /** It ends or removes something. */
  isGrave?: boolean
}

const GAP = 4

/** Below the button, or above it where there is no room; never beyond the window. */
const place = (list: HTMLElement, button: HTMLElement) => {
  const from = button.getBoundingClientRect()
  const { width, height } = list.getBoundingClientRect()
  const below = from.bottom + GAP
  const top = below + height > innerHeight ? from.top - GAP - height : below
  const left = Math.min(from.right - width, innerWidth - width - GAP)
  list.style.top = `${Math.max(GAP, top)}px`
  list.style.left = `${Math.max(GAP, left)}px`
}

const itemsIn = (list: HTMLElement) => [...list.querySelectorAll<HTMLElement>('[role="menuitem"]')]

/** The item that a key leads to from the one with the focus. */
const nextItem = (list: HTMLElement, key: string): HTMLElement | undefined => {
  const items = itemsIn(list)
  const at = items.indexOf(document.activeElement as HTMLElement)
  if (key === 'Home') return items[0]
  if (key === 'End') return items.at(-1)
  const step = { ArrowDown: 1, ArrowUp: -1 }[key]
  return step === undefined ? undefined : items.at((at + step) % items.length)
}

type ListProps = {
  label: string
  items: readonly MenuItem[]
  button: { current: HTMLButtonElement | null }
  close: (giveBack: boolean) => void
}

const MenuList = ({ label, items, button, close }: ListProps) => {
  const ref = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    const list = ref.current
    if (!list || !button.current) return
    // In front of everything, dialogs too, and cut off by nothing, where the browser can.
    list.showPopover?.()
    place(list, button.current)
    itemsIn(list)[0]?.focus()
  }, [])
  useEffect(() => {
    const onPress = ({ target }: Event) => {
      const isMine = [ref.current, button.current].some((one) => one?.contains(target as Node))
      if (!isMine) close(false)
    }
    const onScroll = () => close(false)
    document.addEventListener('pointerdown', onPress)
    document.addEventListener('scroll', onScroll, true)
    return () => {
      document.removeEventListener('pointerdown', onPress)
      document.removeEventListener('scroll', onScroll, true)
    }
  }, [close])
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Tab') return close(true)
    const next = ref.current && nextItem(ref.current, event.key)
    if (event.key === 'Escape') close(true)
    else if (next) next.focus()
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <div
      ref={ref}
      class="menu"
      role="menu"
      tabIndex={-1}
      aria-label={label}
      popover="manual"
      onKeyDown={onKeyDown}
    >
      {items.map(({ key, label: words, run, isGrave }) => (
        <button
          key={key}
          type="button"
          role="menuitem"
          tabIndex={-1}
          class={isGrave ? 'menu-choice grave' : 'menu-choice'}
          onClick={() => {
            close(true)
            run()
          }}
        >
          {words}
        </button>
      ))}
    </div>
  )
}

/** A button that opens a list of things to do. Nothing where there is nothing to do. */
export const Menu = ({ label, items }: { label: string; items: readonly MenuItem[] }) => {
  const [isOpen, setOpen] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  const close = (giveBack: boolean) => {
    setOpen(false)
    if (giveBack) button.current?.focus()
  }
  if (items.length === 0) return null
  return (
    <>
      <button
        ref={button}
        type="button"
        class="icon-button"
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-label={label}
        title={label}
        onClick={() => setOpen(!isOpen)}
      >
        <Ellipsis size={16} />
      </button>
      {isOpen && <MenuList label={label} items={items} button={button} close={close} />}
    </>
  )
}
