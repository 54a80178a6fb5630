import { IconButton } from './Button.tsx'
import { X } from './icons.tsx'
import type { ToastList } from './toasts.ts'

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
