import { useState } from 'preact/hooks'
import { Dialog } from '../../ui/Dialog.tsx'
import { matching } from './matching.ts'
import { Unread } from './Unread.tsx'

/** Somewhere Ctrl+K leads to. */
export type Destination = {
  key: string
  name: string
  what: string
  unread: number
  go: () => void
}

const MOST = 12

/** Type a few letters, press Enter. */
export const JumpDialog = (props: {
  destinations: readonly Destination[]
  onClose: () => void
}) => {
  const [words, setWords] = useState('')
  const [at, setAt] = useState(0)
  // First those that were unread when it opened: news must not put another place under the hand.
  const [unread] = useState(
    () => new Set(props.destinations.filter((each) => each.unread > 0).map(({ key }) => key)),
  )
  const unreadFirst = [...props.destinations].sort(
    (a, b) => Number(unread.has(b.key)) - Number(unread.has(a.key)),
  )
  const found = matching(unreadFirst, words).slice(0, MOST)
  const go = (destination: Destination | undefined) => {
    if (!destination) return
    props.onClose()
    destination.go()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined) setAt((at + step + found.length) % Math.max(1, found.length))
    else if (event.key === 'Enter') go(found[at])
    else return
    event.preventDefault()
  }
  return (
    <Dialog title="Jump to" onClose={props.onClose} class="jump-dialog">
      <input
        class="jump-input"
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls="jump-list"
        aria-activedescendant={found[at] ? `jump-${at}` : undefined}
        aria-label="Channel or page"
        placeholder="Channel or page"
        value={words}
        autofocus
        onKeyDown={onKeyDown}
        onInput={(event) => {
          setWords(event.currentTarget.value)
          setAt(0)
        }}
      />
      <div class="rows" id="jump-list" role="listbox" aria-label="Places">
        {found.map((destination, index) => (
          <div
            key={destination.key}
            id={`jump-${index}`}
            class={index === at ? 'row jump-row chosen' : 'row jump-row'}
            role="option"
            tabIndex={-1}
            aria-selected={index === at}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => go(destination)}
            onKeyDown={onKeyDown}
          >
            <span class="row-name">{destination.name}</span>
            <Unread count={destination.unread} />
            <small>{destination.what}</small>
          </div>
        ))}
        {found.length === 0 && <p class="nav-empty">Nothing is called that.</p>}
      </div>
    </Dialog>
  )
}
