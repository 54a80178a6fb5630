/** Makes a text area as high as its text; the style sheet says where it stops growing and scrolls. */
export const fitToText = (area: HTMLTextAreaElement | null): void => {
  if (!area) return
  area.style.height = 'auto'
  area.style.height = `${area.scrollHeight}px`
}

/** Whether a key belongs to letters that are being composed. The Enter that ends it comes after the end in Safari, as key 229. */
export const isComposed = ({ isComposing, keyCode }: KeyboardEvent): boolean =>
  isComposing || keyCode === 229

/** Enter sends; with Shift, while letters are composed, or on a touch keyboard it is a new line. */
export const sendsOn = (event: KeyboardEvent): boolean =>
  event.key === 'Enter' &&
  !event.shiftKey &&
  !isComposed(event) &&
  !matchMedia('(pointer: coarse)').matches
