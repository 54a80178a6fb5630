import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { MAX_MESSAGE_LENGTH } from '../../../lib/protocol/limits.ts'
import { Button } from '../../ui/Button.tsx'
import { fitToText, sendsOn } from './text-area.ts'

export type ComposerProps = {
  channelName: string
  /** The text kept from last time. */
  draft: string
  keepDraft: (text: string) => void
  onTyped: () => void
  /** Undefined for those who may only read. */
  onSend: ((text: string) => void) | undefined
  /** ArrowUp in an empty box. */
  onEditLast: () => void
}

/** Told only near the limit: how much more fits, or how much is too much. */
const Remaining = ({ length }: { length: number }) => {
  const left = MAX_MESSAGE_LENGTH - length
  if (left > 500) return null
  return (
    <span class={left < 0 ? 'remaining wrong' : 'remaining'} role="status">
      {left < 0 ? `${-left} characters too many` : `${left} characters left`}
    </span>
  )
}

const isOverlayKey = (event: KeyboardEvent) => event.ctrlKey || event.metaKey || event.altKey

/** Letters typed while nothing has the focus go into the box. */
const useTypeAnywhere = (area: { current: HTMLTextAreaElement | null }) =>
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isLoose = document.activeElement === document.body || document.activeElement === null
      if (isLoose && event.key.length === 1 && !isOverlayKey(event)) area.current?.focus()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [area])

export const Composer = (props: ComposerProps) => {
  const { channelName, draft, keepDraft, onTyped, onSend, onEditLast } = props
  const [text, setText] = useState(draft)
  const area = useRef<HTMLTextAreaElement>(null)
  useTypeAnywhere(area)
  useLayoutEffect(() => fitToText(area.current), [text])
  useEffect(() => {
    if (matchMedia('(pointer: fine)').matches) area.current?.focus()
  }, [])

  const change = (next: string) => {
    setText(next)
    keepDraft(next)
  }
  const canSend = onSend !== undefined && text.trim() !== '' && text.length <= MAX_MESSAGE_LENGTH
  const send = () => {
    if (!canSend) return
    onSend(text)
    change('')
    area.current?.focus()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (sendsOn(event)) send()
    else if (event.key === 'ArrowUp' && text === '') onEditLast()
    else return
    event.preventDefault()
  }
  if (!onSend) {
    return (
      <p class="composer-closed">You may read here, not write. Ask a moderator to change that.</p>
    )
  }
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      <textarea
        ref={area}
        rows={1}
        aria-label={`Message ${channelName}`}
        placeholder={`Message ${channelName}`}
        value={text}
        onKeyDown={onKeyDown}
        onInput={(event) => {
          change(event.currentTarget.value)
          if (event.currentTarget.value.trim() !== '') onTyped()
        }}
      />
      <div class="composer-end">
        <small class="composer-hint">
          <b>**bold**</b> <i>_italic_</i> <code>`code`</code> <span>&gt; quote</span>
        </small>
        <Remaining length={text.length} />
        <Button kind="gold" class="send" onClick={canSend ? send : undefined}>
          Send
        </Button>
      </div>
    </form>
  )
}
