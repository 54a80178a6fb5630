import type { RefObject } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'

/** As near as this counts as being at an end, in pixels. */
const NEAR = 48
/** More is drawn before the reader meets the end of what is there, in pixels. */
const AHEAD = 800

type Anchor = { key: string; top: number }

/** The first row in view and where it stands, so that it can be put back there. */
const anchorIn = (box: HTMLElement): Anchor | undefined => {
  const boxTop = box.getBoundingClientRect().top
  for (const row of box.querySelectorAll<HTMLElement>('[data-row]')) {
    const { top, bottom } = row.getBoundingClientRect()
    if (bottom > boxTop) return { key: row.dataset.row ?? '', top: top - boxTop }
  }
  return undefined
}

const restore = (box: HTMLElement, { key, top }: Anchor) => {
  const row = box.querySelector<HTMLElement>(`[data-row="${CSS.escape(key)}"]`)
  if (!row) return
  const moved = row.getBoundingClientRect().top - box.getBoundingClientRect().top - top
  if (moved !== 0) box.scrollTop += moved
}

const toEnd = (box: HTMLElement) => {
  box.scrollTop = box.scrollHeight
}

export type ScrollingNeeds = {
  /** The newest message is drawn: the end of the box is the end of the channel. */
  reachesNewest: boolean
  onNearTop: () => void
  onNearEnd: () => void
}

/**
 * Keeps the reader's place: at the end new messages push the old ones up; anywhere else what is in view stays where it is, whatever
 * is added or taken away above and below.
 */
export const useScrolling = (box: RefObject<HTMLDivElement>, needs: ScrollingNeeds) => {
  const anchor = useRef<Anchor>()
  const latest = useRef(needs)
  latest.current = needs
  const follows = useRef(true)
  const [isAtEnd, setAtEnd] = useState(true)

  const look = () => {
    const at = box.current
    if (!at) return
    const below = at.scrollHeight - at.scrollTop - at.clientHeight
    const { reachesNewest, onNearTop, onNearEnd } = latest.current
    follows.current = reachesNewest && below < NEAR
    anchor.current = anchorIn(at)
    setAtEnd(follows.current)
    if (at.scrollTop < AHEAD) onNearTop()
    if (below < AHEAD) onNearEnd()
  }
  useLayoutEffect(() => {
    if (!box.current) return
    if (follows.current && needs.reachesNewest) toEnd(box.current)
    else if (anchor.current) restore(box.current, anchor.current)
  })
  useEffect(() => {
    const at = box.current
    if (!at) return
    const sizeOf = () => `${at.clientWidth} x ${at.clientHeight}`
    let size = sizeOf()
    const onResize = () => {
      size = sizeOf()
      if (follows.current) toEnd(at)
    }
    // While the box changes its size the text below grows: that is not the reader going up.
    const onScroll = () => (follows.current && size !== sizeOf() ? undefined : look())
    const observer = new ResizeObserver(onResize)
    observer.observe(at)
    at.addEventListener('scroll', onScroll, { passive: true })
    return () => {
      observer.disconnect()
      at.removeEventListener('scroll', onScroll)
    }
  }, [box])

  return {
    isAtEnd,
    /** From now on the end is followed. */
    follow() {
      follows.current = true
      setAtEnd(true)
      if (box.current) toEnd(box.current)
    },
    /** Puts an element near the top of the box. */
    show(element: HTMLElement) {
      const at = box.current
      if (!at) return
      at.scrollTop += element.getBoundingClientRect().top - at.getBoundingClientRect().top - NEAR
      look()
    },
    look,
  }
}
