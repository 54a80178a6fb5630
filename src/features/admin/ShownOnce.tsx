import { useState } from 'preact/hooks'
import { Button } from '../../ui/Button.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { Check, Copy } from '../../ui/icons.tsx'

export type ShownOnceProps = { name: string; password: string; onClose: () => void }

/** A fresh password: it can be read and copied now, and never again. */
export const ShownOnce = ({ name, password, onClose }: ShownOnceProps) => {
  const [isCopied, setCopied] = useState(false)
  const copy = () =>
    // Where the browser forbids copying the password can still be selected by hand.
    navigator.clipboard?.writeText(password).then(
      () => setCopied(true),
      () => setCopied(false),
    )
  return (
    <Dialog title={`Password for ${name}`} onClose={onClose}>
      <p>It is shown only now. Copy it and hand it over; {name} can change it under Settings.</p>
      <p class="secret">
        <code>{password}</code>
        <Button onClick={() => void copy()}>
          {isCopied ? (
            <Check size={16} aria-hidden="true" />
          ) : (
            <Copy size={16} aria-hidden="true" />
          )}
          {isCopied ? 'Copied' : 'Copy'}
        </Button>
      </p>
      <footer class="form-end">
        <Button kind="gold" onClick={onClose}>
          Done
        </Button>
      </footer>
    </Dialog>
  )
}
