import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Button } from './Button.tsx'

export type AskAgainProps = {
  /** What is done, and what is said to leave it: "Delete for good", "Keep". */
  verb: string
  keepVerb: string
  /** Never rejects. */
  act: () => Promise<void>
  onKeep: () => void
}

/** Whether something is asked twice now. Who keeps it goes on from the button that asked, which `selector` names within `place`. */
export const useAskedTwice = (place: { current: HTMLElement | null }, selector: string) => {
  const [isAsking, setAsking] = useState(false)
  return {
    isAsking,
    ask: () => setAsking(true),
    keep() {
      setAsking(false)
      requestAnimationFrame(() => place.current?.querySelector<HTMLElement>(selector)?.focus())
    },
  }
}

/** In place of a button whose work nothing undoes. The harmless answer stands last and has the focus: a second click or Enter does no harm. */
export const AskAgain = ({ verb, keepVerb, act, onKeep }: AskAgainProps) => {
  const [isBusy, setBusy] = useState(false)
  const ref = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => ref.current?.querySelector<HTMLElement>('button:last-of-type')?.focus(), [])
  const go = async ({ detail }: MouseEvent) => {
    // The second of two quick clicks was meant for what stood here before.
    if (detail > 1) return
    setBusy(true)
    await act()
    setBusy(false)
  }
  return (
    <div class="row-actions" ref={ref}>
      <Button kind="danger" busy={isBusy} onClick={(event) => void go(event)}>
        {verb}
      </Button>
      <Button kind="plain" onClick={onKeep}>
        {keepVerb}
      </Button>
    </div>
  )
}
