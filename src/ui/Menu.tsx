import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Ellipsis } from './icons.tsx'
import { onScrolling, showBeside } from './placing.ts'

export type MenuItem = {
  key: string
  label: string
  run: () => void
  /** It ends or removes something. */
  isGrave?: boolean
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
  // What is on show stays: nothing else may come under the hand that is about to choose.
  const [shown] = useState(items)
  const ref = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    const list = ref.current
    if (!list || !button.current) return
    showBeside(list, button.current)
    itemsIn(list)[0]?.focus()
  }, [])
  useEffect(() => {
    const onPress = ({ target }: Event) => {
      const isMine = [ref.current, button.current].some((one) => one?.contains(target as Node))
      if (!isMine) close(false)
    }
    document.addEventListener('pointerdown', onPress)
    const stop = onScrolling(
      () => ref.current,
      () => close(true),
    )
    return () => {
      document.removeEventListener('pointerdown', onPress)
      stop()
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
      {shown.map(({ key, label: words, run, isGrave }) => (
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
  if (items.length === 0 && !isOpen) return null
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
