import { useEffect, useRef } from 'preact/hooks'
import type { CommandHelp } from './command-help.ts'

/** How a command may go on, above the box. The focus stays in the box, which points at the chosen one. */
export const CommandList = ({ id, help }: { id: string; help: CommandHelp }) => {
  const { suggestions, chosen, take } = help
  const ref = useRef<HTMLDivElement>(null)
  useEffect(() => {
    ref.current?.querySelector('.chosen')?.scrollIntoView({ block: 'nearest' })
  }, [chosen])
  if (suggestions.length === 0) return null
  return (
    <div ref={ref} class="command-help" id={id} role="listbox" aria-label="Ways to go on">
      {suggestions.map((suggestion, at) => (
        <div
          key={suggestion.key}
          id={`${id}-${at}`}
          class={at === chosen ? 'command-choice chosen' : 'command-choice'}
          role="option"
          tabIndex={-1}
          aria-selected={at === chosen}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => take(suggestion)}
          onKeyDown={(event) => event.key === 'Enter' && take(suggestion)}
        >
          <b>{suggestion.name}</b>
          <small>{suggestion.hint}</small>
        </div>
      ))}
    </div>
  )
}

/** What the command will do, or what is wrong with it. Read out when it changes. */
export const CommandNote = ({ id, help }: { id: string; help: CommandHelp }) => (
  <p id={id} class={help.isWrong ? 'command-note wrong' : 'command-note'} role="status">
    {help.note}
  </p>
)
