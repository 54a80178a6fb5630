import { useRef } from 'preact/hooks'
import { Button } from '../../ui/Button.tsx'
import { CopyButton } from '../../ui/CopyButton.tsx'
import { Dialog } from '../../ui/Dialog.tsx'

export type ShownOnceProps = { name: string; password: string; onClose: () => void }

/** A fresh password: it can be read and copied now, and never again. */
export const ShownOnce = ({ name, password, onClose }: ShownOnceProps) => {
  const shown = useRef<HTMLElement>(null)
  return (
    <Dialog title={`Password for ${name}`} onClose={onClose}>
      <p>It is shown only now. Copy it and hand it over; {name} can change it under Settings.</p>
      <p class="secret">
        <code ref={shown}>{password}</code>
        <CopyButton text={password} shown={shown} label="Password" />
      </p>
      <footer class="form-end">
        <Button kind="gold" onClick={onClose}>
          Done
        </Button>
      </footer>
    </Dialog>
  )
}
