/** The keyboard goes on from the button that opened it. */
export const close = (menu: HTMLDetailsElement): void => {
  menu.open = false
  menu.querySelector('summary')?.focus()
}

/** Somebody went on elsewhere. */
export const closeOnLeave = (event: FocusEvent & { currentTarget: HTMLDetailsElement }): void => {
  if (!event.currentTarget.contains(event.relatedTarget as Node | null))
    event.currentTarget.open = false
}

export const closeOnEscape = (
  event: KeyboardEvent & { currentTarget: HTMLDetailsElement },
): void => {
  if (event.key !== 'Escape' || !event.currentTarget.open) return
  event.preventDefault()
  close(event.currentTarget)
}
