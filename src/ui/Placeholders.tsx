import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'

/** Shows its content only when the wait is long enough to be noticed. */
export const AfterAWhile = ({
  children,
  ms = 200,
}: {
  children: ComponentChildren
  ms?: number
}) => {
  const [isLong, setLong] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), ms)
    return () => clearTimeout(timer)
  }, [ms])
  return isLong ? children : null
}

/** Grey lines where text will be. */
export const Skeleton = ({ lines, what }: { lines: number; what: string }) => (
  <AfterAWhile>
    <div class="skeleton" role="status" aria-label={`Loading ${what}`}>
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} class={`bone bone-${line % 4}`} />
      ))}
    </div>
  </AfterAWhile>
)

export type EmptyProps = {
  title: string
  children?: ComponentChildren
  icon?: ComponentChildren
  isPage?: boolean
}

/** Nothing here yet, and what to do about it. `isPage`: it is all there is on the page. */
export const Empty = ({ title, children, icon, isPage }: EmptyProps) => (
  <div class="empty">
    {icon && <span class="empty-icon">{icon}</span>}
    {isPage ? <h1>{title}</h1> : <h2>{title}</h2>}
    {children}
  </div>
)
