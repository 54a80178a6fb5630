import type { RefObject } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from './Button.tsx'
import { Check, Copy } from './icons.tsx'

export type CopyButtonProps = {
  text: string
  /** Where the text stands to be read. */
  shown: RefObject<HTMLElement>
  /** What it is, for screen readers. */
  label: string
}

/** The way of before, which works without HTTPS too. It leaves the text selected, so that a key can copy it where the browser refuses. */
const copySelected = (element: HTMLElement): boolean => {
  getSelection()?.selectAllChildren(element)
  try {
    return document.execCommand('copy')
  } catch {
    return false
  }
}

/** Browsers have a clipboard only over HTTPS, and may refuse it there. */
const copied = async (text: string, element: HTMLElement): Promise<boolean> => {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copySelected(element)
  }
}

const KEYS = /Mac|iP(?:hone|ad)/.test(navigator.userAgent) ? '⌘C' : 'Ctrl+C'
const WORDS = { waits: 'Copy', copied: 'Copied', selected: `Press ${KEYS}` }

/** Copies a text and says so; where the browser refuses, selects it and says what to press. */
export const CopyButton = ({ text, shown, label }: CopyButtonProps) => {
  const [is, setIs] = useState<keyof typeof WORDS>('waits')
  const copy = async () => {
    if (shown.current) setIs((await copied(text, shown.current)) ? 'copied' : 'selected')
  }
  return (
    <>
      <Button class="copy" onClick={() => void copy()}>
        {is === 'copied' ? (
          <Check size={16} aria-hidden="true" />
        ) : (
          <Copy size={16} aria-hidden="true" />
        )}
        {WORDS[is]}
        <span class="hidden-words"> {label}</span>
      </Button>
      <span class="hidden-words" role="status">
        {is === 'copied' && `${label} copied.`}
        {is === 'selected' && `${label} is selected. Press ${KEYS} to copy it.`}
      </span>
    </>
  )
}
