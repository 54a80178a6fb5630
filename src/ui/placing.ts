const GAP = 4

/** Puts a list in front of everything, cut off by nothing where the browser can: below its button, or above it where there is no room; never beyond the window. */
export const showBeside = (list: HTMLElement, button: HTMLElement): void => {
  list.showPopover?.()
  const from = button.getBoundingClientRect()
  const { width, height } = list.getBoundingClientRect()
  const below = from.bottom + GAP
  const top = below + height > innerHeight ? from.top - GAP - height : below
  const left = Math.min(from.right - width, innerWidth - width - GAP)
  list.style.top = `${Math.max(GAP, top)}px`
  list.style.left = `${Math.max(GAP, left)}px`
}

const SCROLLING = ['wheel', 'touchmove'] as const

/**
 * Calls back when somebody scrolls beside the list; not when another list follows its newest entry by itself, nor when a finger drifts on
 * an entry that it is about to choose. Answers how to stop.
 */
export const onScrolling = (list: () => Element | null, away: () => void): (() => void) => {
  const onEvent = ({ target }: Event) => {
    if (!list()?.contains(target as Node)) away()
  }
  for (const type of SCROLLING) document.addEventListener(type, onEvent, { passive: true })
  return () => {
    for (const type of SCROLLING) document.removeEventListener(type, onEvent)
  }
}
