import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { MAX_MESSAGE_LENGTH } from '../../../lib/protocol/limits.ts'
import { Button } from '../../ui/Button.tsx'
import { Lock } from '../../ui/icons.tsx'
import { CommandList, CommandNote } from './CommandList.tsx'
import { useCommandHelp } from './command-help.ts'
import type { ReadCommand } from './commands.ts'
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
  /** Why nothing can be written, where there is more to say than that the role does not allow it. */
  closed?: string | undefined
  /** What a text that begins with a slash means. */
  readCommand?: ReadCommand | undefined
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

/** In place of the box. Takes the focus that the box had when it closed. */
const Closed = ({ because, hadFocus }: { because: string | undefined; hadFocus: boolean }) => {
  const ref = useRef<HTMLParagraphElement>(null)
  useEffect(() => {
    if (hadFocus) ref.current?.focus()
  }, [])
  return (
    <p ref={ref} class="composer-closed" tabIndex={-1} role="status">
      <Lock size={16} aria-hidden="true" />
      {because ?? 'You may read here, not write. Ask a moderator to change that.'}
    </p>
  )
}

export const Composer = (props: ComposerProps) => {
  const { channelName, draft, keepDraft, onTyped, onSend, onEditLast } = props
  const [text, setText] = useState(draft)
  const area = useRef<HTMLTextAreaElement>(null)
  const hasFocus = useRef(false)
  const id = useId()
  useTypeAnywhere(area)
  useLayoutEffect(() => fitToText(area.current), [text, onSend === undefined])
  useEffect(() => {
    if (matchMedia('(pointer: fine)').matches) area.current?.focus()
  }, [])

  const change = (next: string) => {
    setText(next)
    keepDraft(next)
  }
  const help = useCommandHelp(props.readCommand, text, change)
  const isCommand = help.command !== undefined && !help.command.isMessage
  const isSendable = text.trim() !== '' && text.length <= MAX_MESSAGE_LENGTH
  const canSend = isCommand ? help.command?.run !== undefined : onSend !== undefined && isSendable
  const send = () => {
    if (!canSend) return
    if (isCommand) void help.run()
    else {
      onSend?.(text)
      change('')
      help.forget()
    }
    area.current?.focus()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (help.tookKey(event)) event.stopPropagation()
    else if (sendsOn(event)) send()
    else if (event.key === 'ArrowUp' && text === '') onEditLast()
    else return
    event.preventDefault()
  }
  if (!onSend) return <Closed because={props.closed} hadFocus={hasFocus.current} />
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      <CommandList id={`${id}-list`} help={help} />
      <textarea
        ref={area}
        rows={1}
        aria-label={`Message ${channelName}`}
        aria-autocomplete={props.readCommand && 'list'}
        aria-controls={help.suggestions.length > 0 ? `${id}-list` : undefined}
        aria-activedescendant={help.chosen >= 0 ? `${id}-list-${help.chosen}` : undefined}
        aria-describedby={`${id}-note`}
        placeholder={`Message ${channelName}`}
        value={text}
        onFocus={() => {
          hasFocus.current = true
        }}
        onBlur={() => {
          hasFocus.current = false
        }}
        onKeyDown={onKeyDown}
        onInput={(event) => {
          const { value } = event.currentTarget
          change(value)
          if (value.trim() !== '' && !value.startsWith('/')) onTyped()
        }}
      />
      <div class="composer-end">
        {help.note === '' && (
          <small class="composer-hint">
            {!isCommand && (
              <>
                <b>**bold**</b> <i>_italic_</i> <code>`code`</code> <span>&gt; quote</span>
              </>
            )}
          </small>
        )}
        <CommandNote id={`${id}-note`} help={help} />
        <Remaining length={text.length} />
        <Button
          kind="gold"
          class="send"
          busy={isCommand && help.isBusy}
          onClick={canSend ? send : undefined}
        >
          Send
        </Button>
      </div>
    </form>
  )
}
