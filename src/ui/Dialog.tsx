import type { ComponentChildren } from 'preact'
import { useContext, useId, useLayoutEffect, useRef } from 'preact/hooks'
import { IconButton } from './Button.tsx'
import { X } from './icons.tsx'
import { ToastContext, Toasts } from './Toasts.tsx'

export type DialogProps = {
  title: string
  children: ComponentChildren
  /** The person closed it, by Escape, by the cross or by clicking beside it. */
  onClose: () => void
  class?: string
}

/** A native modal dialog: the browser keeps the focus inside and gives it back afterwards. */
export const Dialog = ({ title, children, onClose, class: name = '' }: DialogProps) => {
  const ref = useRef<HTMLDialogElement>(null)
  const isGone = useRef(false)
  const titleId = useId()
  const toasts = useContext(ToastContext)
  // Before the next key: what is typed right after the click that opened it belongs here.
  useLayoutEffect(() => {
    const before = document.activeElement
    const dialog = ref.current
    dialog?.showModal()
    return () => {
      isGone.current = true
      // While it is modal, nothing else on the page takes the focus.
      dialog?.close()
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [])
  return (
    <dialog
      ref={ref}
      class={`dialog ${name}`}
      aria-labelledby={titleId}
      onClose={() => isGone.current || onClose()}
      onMouseDown={(event) => event.target === ref.current && onClose()}
    >
      <div class="dialog-body">
        <header class="dialog-head">
          <h2 id={titleId}>{title}</h2>
          <IconButton label="Close" onClick={onClose}>
            <X size={18} />
          </IconButton>
        </header>
        {children}
      </div>
      {toasts && <Toasts toasts={toasts} />}
    </dialog>
  )
}
