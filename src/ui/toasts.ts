import { type ReadonlySignal, signal } from '@preact/signals'

/** Something to do about it, as a button; the toast goes with the click. */
export type ToastAction = { label: string; run: () => void }
export type Toast = {
  id: number
  text: string
  kind: 'news' | 'failure'
  action: ToastAction | undefined
}

/** Short sentences at the edge of the screen that go by themselves. */
export type ToastList = {
  list: ReadonlySignal<readonly Toast[]>
  /** With an action it stays until it is clicked or dismissed. */
  say(text: string, action?: ToastAction): void
  fail(text: string): void
  dismiss(id: number): void
}

/** `stayMs`: how long one is shown; a failure stays twice as long. */
export const createToasts = ({ stayMs = 5_000 }: { stayMs?: number } = {}): ToastList => {
  const list = signal<readonly Toast[]>([])
  let lastId = 0
  const dismiss = (id: number) => {
    list.value = list.value.filter((toast) => toast.id !== id)
  }
  const add = (kind: Toast['kind'], text: string, action?: ToastAction) => {
    lastId += 1
    const id = lastId
    const others = list.value.filter((toast) => toast.text !== text)
    list.value = [...others, { id, text, kind, action }].slice(-3)
    if (!action) setTimeout(() => dismiss(id), kind === 'failure' ? stayMs * 2 : stayMs)
  }
  return {
    list,
    dismiss,
    say: (text, action) => add('news', text, action),
    fail: (text) => add('failure', text),
  }
}
