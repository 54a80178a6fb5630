import { Ellipsis } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { onScrolling, showBeside } from '../../ui/placing.ts'
import { close, closeOnEscape, closeOnLeave } from './closing.ts'

/** Something was chosen: the menu has done its work, and a second click does not do it again. Before it is done: a dialog gives the focus back to what had it. */
const closeOnChoice = (event: MouseEvent & { currentTarget: HTMLDetailsElement }) => {
  if (event.target instanceof Element && event.target.closest('.menu-item'))
    close(event.currentTarget)
}

/** The strip that a tile is in scrolls: its menu stands in front of it, or it would be cut off. */
const showInFront = ({ currentTarget: menu }: { currentTarget: HTMLDetailsElement }) => {
  const items = menu.querySelector<HTMLElement>('.tile-menu-items')
  const button = menu.querySelector('summary')
  if (!items || !button) return
  if (menu.open) showBeside(items, button)
  else if (items.matches(':popover-open')) items.hidePopover()
}

/** What can be done with a participant, behind three dots on their tile. */
export const TileMenu = ({ name, children }: { name: string; children: ComponentChildren }) => {
  const ref = useRef<HTMLDetailsElement>(null)
  useEffect(
    () =>
      onScrolling(
        () => ref.current,
        () => {
          if (ref.current) ref.current.open = false
        },
      ),
    [],
  )
  return (
    <details
      ref={ref}
      class="tile-menu"
      onFocusOut={closeOnLeave}
      onClickCapture={closeOnChoice}
      onKeyDown={closeOnEscape}
      onToggle={showInFront}
    >
      <summary aria-label={`More for ${name}`} title="More">
        <Ellipsis size={16} />
      </summary>
      <div class="tile-menu-items" popover="manual">
        {children}
      </div>
    </details>
  )
}
