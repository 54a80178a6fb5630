const words = (names: readonly string[]): string => {
  const [first, second] = names
  if (first === undefined) return ''
  if (second === undefined) return `${first} is typing…`
  return names.length === 2 ? `${first} and ${second} are typing…` : 'Several people are typing…'
}

/** Keeps its height, so that nothing moves when somebody begins. */
export const TypingLine = ({ names }: { names: readonly string[] }) => (
  <p class="typing" aria-live="off">
    {words(names)}
  </p>
)
