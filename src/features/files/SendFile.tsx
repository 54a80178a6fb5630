import { useRef } from 'preact/hooks'
import type { CallStore } from '../call/index.ts'

/** An entry of a participant's menu: chooses a file and offers it to them. */
export const SendFile = ({ call, participantId }: { call: CallStore; participantId: string }) => {
  const input = useRef<HTMLInputElement>(null)
  const chosen = () => {
    const files = [...(input.current?.files ?? [])]
    for (const file of files) call.sendFile?.(participantId, file)
    if (input.current) input.current.value = ''
  }
  return (
    <>
      <button
        type="button"
        class="menu-item"
        disabled={!call.sendFile}
        onClick={() => input.current?.click()}
      >
        Send a file
      </button>
      <input
        ref={input}
        type="file"
        class="hidden-words"
        tabIndex={-1}
        aria-label="File to send"
        multiple
        onChange={chosen}
      />
    </>
  )
}
