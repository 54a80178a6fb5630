/** First letters of the first and the last word. */
export const initialsOf = (name: string): string => {
  const words = name.trim().split(/\s+/).filter(Boolean)
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined]
  return (
    letters
      .map((word) => [...(word ?? '')][0] ?? '')
      .join('')
      .toUpperCase() || '?'
  )
}

/** The same person has the same colour everywhere: 1 to 6. */
export const colourOf = (id: string): number => {
  // FNV-1a, and its upper half: ids that differ in one letter only still spread.
  let hash = 0x811c9dc5
  for (const char of id) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193)
  return ((hash >>> 16) % 6) + 1
}

export type AvatarProps = { id: string; name: string; size?: 'small' | 'medium' | 'large' }

/** A person without a picture. Decoration only: the name stands beside it. */
export const Avatar = ({ id, name, size = 'medium' }: AvatarProps) => (
  <span class={`avatar ${size} person-${colourOf(id)}`} aria-hidden="true">
    {initialsOf(name)}
  </span>
)
