import type { InputHTMLAttributes } from 'preact'
import { useId } from 'preact/hooks'

export type FieldProps = Omit<InputHTMLAttributes, 'id' | 'class' | 'value' | 'onInput'> & {
  label: string
  value: string
  onInput: (value: string) => void
  /** Said below the field, before anything is wrong. */
  hint?: string | undefined
  /** What is wrong with the value; replaces the hint. */
  error?: string | undefined
  /** Shown before the text, like "#". */
  prefix?: string
}

/** One labelled text field. */
export const Field = ({ label, value, onInput, hint, error, prefix, ...input }: FieldProps) => {
  const id = useId()
  const note = error ?? hint
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <span class={error ? 'field-box wrong' : 'field-box'}>
        {prefix && (
          <span class="field-prefix" aria-hidden="true">
            {prefix}
          </span>
        )}
        <input
          {...input}
          id={id}
          value={value}
          aria-invalid={error !== undefined}
          aria-describedby={note ? `${id}-note` : undefined}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      </span>
      {note && (
        <p id={`${id}-note`} class={error ? 'field-note wrong' : 'field-note'}>
          {note}
        </p>
      )}
    </div>
  )
}

/** A sentence about what failed, read out at once. */
export const Failure = ({ children }: { children: string | undefined }) =>
  children ? (
    <p class="failure" role="alert">
      {children}
    </p>
  ) : null
