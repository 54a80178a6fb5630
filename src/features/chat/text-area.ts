/** Makes a text area as high as its text; the style sheet says where it stops growing and scrolls. */
export const fitToText = (area: HTMLTextAreaElement | null): void => {
  if (!area) return
  area.style.height = 'auto'
  area.style.height = `${area.scrollHeight}px`
}

/** Enter sends; with Shift, while letters are composed, or on a touch keyboard it is a new line. */
export const sendsOn = (event: KeyboardEvent): boolean =>
  event.key === 'Enter' &&
  !event.shiftKey &&
  !event.isComposing &&
  !matchMedia('(pointer: coarse)').matches
