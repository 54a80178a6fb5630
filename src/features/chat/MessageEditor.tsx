import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Message } from '../../../lib/protocol/chat.ts'
import { MAX_MESSAGE_LENGTH } from '../../../lib/protocol/limits.ts'
import { sentenceOf } from '../../platform/request-error.ts'
import { Button } from '../../ui/Button.tsx'
import { Failure } from '../../ui/Field.tsx'
import { fitToText, sendsOn } from './text-area.ts'

export type MessageEditorProps = {
  message: Message
  save: (text: string) => Promise<void>
  cancel: () => void
}

const asTyped = ({ kind, text }: Message) => (kind === 'me' ? `/me ${text}` : text)

/** A message being rewritten in its place. Enter saves, Escape leaves it as it was. */
export const MessageEditor = ({ message, save, cancel }: MessageEditorProps) => {
  const [text, setText] = useState(asTyped(message))
  const [failure, setFailure] = useState<string>()
  const [isBusy, setBusy] = useState(false)
  const area = useRef<HTMLTextAreaElement>(null)
  useLayoutEffect(() => {
    area.current?.focus()
    area.current?.setSelectionRange(text.length, text.length)
    area.current?.scrollIntoView({ block: 'nearest' })
  }, [])
  useLayoutEffect(() => fitToText(area.current), [text])

  const canSave = text.trim() !== '' && text.length <= MAX_MESSAGE_LENGTH && !isBusy
  const submit = async () => {
    if (!canSave) return
    if (text === asTyped(message)) return cancel()
    setBusy(true)
    try {
      await save(text)
    } catch (error) {
      setFailure(sentenceOf(error))
      setBusy(false)
    }
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') cancel()
    else if (sendsOn(event)) void submit()
    else return
    event.preventDefault()
  }
  return (
    <div class="editor">
      <textarea
        ref={area}
        rows={1}
        aria-label="Edit message"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <Failure>{failure}</Failure>
      <div class="editor-end">
        <small>Enter saves, Escape cancels</small>
        <Button kind="plain" onClick={cancel}>
          Cancel
        </Button>
        <Button kind="gold" busy={isBusy} onClick={canSave ? () => void submit() : undefined}>
          Save
        </Button>
      </div>
    </div>
  )
}
