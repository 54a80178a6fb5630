const FOCUSABLE = 'button, a[href], input, select'

/**
 * Takes a row out of its list, and the focus with it where it was there: the keyboard goes on in the row that follows, in the one
 * before, or at the list. `remove` resolves when the row is gone.
 */
export const keepingFocus = async (
  row: HTMLElement | null,
  remove: () => Promise<void>,
): Promise<void> => {
  const list = row?.parentElement
  const heirs = [row?.nextElementSibling, row?.previousElementSibling]
  const hadFocus = row?.contains(document.activeElement)
  await remove()
  // Whoever went on to something else meanwhile stays there.
  if (!hadFocus || document.activeElement !== document.body) return
  const heir = heirs.find((one) => one?.isConnected)
  const target = heir?.querySelector<HTMLElement>(FOCUSABLE) ?? list
  target?.focus()
}
