import type { ComponentChildren } from 'preact'

/** `gold` is the one primary action of a view, `go` joins a call, `danger` ends or removes. */
export type ButtonKind = 'gold' | 'go' | 'quiet' | 'danger' | 'plain'

export type ButtonProps = {
  children: ComponentChildren
  kind?: ButtonKind
  /** Undefined when it is impossible now; a submit button needs none. */
  onClick?: ((event: MouseEvent) => void) | undefined
  type?: 'button' | 'submit'
  /** The action is on its way: it cannot be pressed again. It keeps the focus, so that the keyboard goes on from here afterwards. */
  busy?: boolean
  class?: string
  title?: string
}

const ignore = (event: Event) => event.preventDefault()

export const Button = (props: ButtonProps) => {
  const { children, kind = 'quiet', onClick, type = 'button', busy = false, title } = props
  return (
    <button
      class={`button ${kind} ${props.class ?? ''}`}
      type={type}
      title={title}
      disabled={!busy && type === 'button' && !onClick}
      aria-disabled={busy}
      aria-busy={busy}
      onClick={busy ? ignore : onClick}
    >
      {children}
    </button>
  )
}

export type IconButtonProps = {
  /** What it does, for screen readers and as a tip. */
  label: string
  children: ComponentChildren
  onClick: (() => void) | undefined
  class?: string
}

export const IconButton = ({ label, children, onClick, class: name = '' }: IconButtonProps) => (
  <button
    class={`icon-button ${name}`}
    type="button"
    aria-label={label}
    title={label}
    disabled={!onClick}
    onClick={onClick}
  >
    {children}
  </button>
)
