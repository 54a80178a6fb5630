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

/** Calls back when somebody scrolls; not when a list that follows its newest entry scrolls by itself. Answers how to stop. */
export const onScrolling = (away: () => void): (() => void) => {
  for (const type of SCROLLING) document.addEventListener(type, away, { passive: true })
  return () => {
    for (const type of SCROLLING) document.removeEventListener(type, away)
  }
}
