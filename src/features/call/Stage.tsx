import { Maximize, Minimize2 } from 'lucide-preact'
import { useEffect, useRef } from 'preact/hooks'
import { IconButton } from '../../ui/Button.tsx'
import { TileContent, TileLabel, tileName } from './TileView.tsx'
import type { Tile } from './tiles.ts'

/** One tile, as large as there is room. Escape goes back to the strip. */
export const Stage = ({ tile, onClose }: { tile: Tile; onClose: () => void }) => {
  const ref = useRef<HTMLElement>(null)
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const isElsewhere = event.defaultPrevented || document.querySelector('dialog[open]')
      if (event.key === 'Escape' && !isElsewhere) onClose()
    }
    document.addEventListener('keydown', pressed)
    return () => document.removeEventListener('keydown', pressed)
  }, [onClose])
  // Refused where the browser has no full screen; the stage stays as it is.
  const fill = () => void ref.current?.requestFullscreen?.().catch(() => undefined)
  return (
    <section ref={ref} class="stage" aria-label={`Enlarged: ${tileName(tile)}`} data-testid="stage">
      <TileContent tile={tile} />
      <TileLabel tile={tile} />
      <div class="stage-actions">
        <IconButton label="Full screen" onClick={fill}>
          <Maximize size={18} />
        </IconButton>
        <IconButton label="Back to the strip" onClick={onClose}>
          <Minimize2 size={18} />
        </IconButton>
      </div>
    </section>
  )
}
