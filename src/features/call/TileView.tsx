import { MicOff } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { Avatar } from '../../ui/Avatar.tsx'
import { DeviceMark } from '../../ui/devices.tsx'
import { Picture } from './Picture.tsx'
import { TileMenu } from './TileMenu.tsx'
import type { Tile } from './tiles.ts'

/** Whose picture it is and of what: "Bob", "You", "Bob, screen". */
export const tileName = ({ participant, kind }: Tile): string => {
  const who = participant.isMe ? 'You' : participant.displayName
  return kind === 'screen' ? `${who}, screen` : who
}

export type TileContentProps = { tile: Tile; onSize?: (size: string) => void }

/** The person's mark, and the picture over it as soon as one comes. */
export const TileContent = ({ tile, onSize }: TileContentProps) => {
  const { participant, stream, kind, hasPicture } = tile
  const { userId, id, displayName, isDevice } = participant
  return (
    <>
      {isDevice ? (
        <DeviceMark size="large" />
      ) : (
        <Avatar id={userId || id} name={displayName} size="large" />
      )}
      {stream && hasPicture && (
        <Picture
          stream={stream.stream}
          mirrored={participant.isMe && kind === 'camera'}
          whole={kind === 'screen'}
          label={tileName(tile)}
          {...(onSize && { onSize })}
        />
      )}
    </>
  )
}

export const TileLabel = ({ tile }: { tile: Tile }) => (
  <span class="tile-name">
    {tile.participant.muted && tile.kind === 'camera' && (
      <span class="muted-mark">
        <MicOff size={12} aria-hidden="true" />
        <span class="hidden-words">muted</span>
      </span>
    )}
    <span class="tile-who" title={tileName(tile)}>
      {tileName(tile)}
    </span>
  </span>
)

export type TileViewProps = {
  tile: Tile
  isSpeaking: boolean
  onEnlarge: () => void
  /** What can be done with this participant. */
  menu: ComponentChildren
}

/** One tile of the strip. A click enlarges it. */
export const TileView = ({ tile, isSpeaking, onEnlarge, menu }: TileViewProps) => {
  const [size, setSize] = useState('')
  const name = tileName(tile)
  const isInterrupted = tile.stream?.state === 'interrupted'
  const classes = ['tile', tile.kind, isSpeaking && 'speaks', isInterrupted && 'interrupted']
  return (
    <li
      class={classes.filter(Boolean).join(' ')}
      data-testid="tile"
      data-speaking={isSpeaking}
      data-muted={tile.participant.muted}
    >
      <button type="button" class="tile-picture" aria-label={`Enlarge ${name}`} onClick={onEnlarge}>
        <TileContent tile={tile} onSize={setSize} />
      </button>
      {tile.hasPicture && size && !isInterrupted && <span class="tile-quality">{size}</span>}
      {isInterrupted && <span class="tile-interrupted">Interrupted</span>}
      <TileLabel tile={tile} />
      {menu && <TileMenu name={name}>{menu}</TileMenu>}
    </li>
  )
}
