import { createContext } from 'preact'
import { IconButton } from './Button.tsx'
import { X } from './icons.tsx'
import type { ToastList } from './toasts.ts'

/** For dialogs: what is said while one is open is said in it, since all else is out of reach then. */
export const ToastContext = createContext<ToastList | undefined>(undefined)

export const Toasts = ({ toasts }: { toasts: ToastList }) => (
  <div class="toasts" role="status">
    {toasts.list.value.map(({ id, text, kind, action }) => (
      <div key={id} class={`toast ${kind}`}>
        <span>{text}</span>
        {action && (
          <button
            class="toast-action"
            type="button"
            onClick={() => {
              toasts.dismiss(id)
              action.run()
            }}
          >
            {action.label}
          </button>
        )}
        <IconButton label="Dismiss" onClick={() => toasts.dismiss(id)}>
          <X size={16} />
        </IconButton>
      </div>
    ))}
  </div>
)
