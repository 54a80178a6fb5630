const time = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' })
const day = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' })
const dayWithYear = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'long',
  year: 'numeric',
})
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' })

/** Hours and minutes, in the reader's way. */
export const timeOf = (at: string): string => time.format(new Date(at))

/** Date and time in full, for tips. */
export const momentOf = (at: string): string => full.format(new Date(at))

const startOf = (date: Date) => new Date(date.getFullYear(), date.getMonth(), date.getDate())

/** "Today", "Yesterday", a weekday with its date, or the date with its year. */
export const dayOf = (at: string, now: Date): string => {
  const date = new Date(at)
  const days = Math.round((startOf(now).getTime() - startOf(date).getTime()) / 86_400_000)
  if (days === 0) return 'Today'
  if (days === 1) return 'Yesterday'
  return date.getFullYear() === now.getFullYear() ? day.format(date) : dayWithYear.format(date)
}

/** At least a minute: "18 min", "2 h 5 min". */
export const lengthOf = (fromMs: number, toMs: number): string => {
  const minutes = Math.max(1, Math.floor((toMs - fromMs) / 60_000))
  if (minutes < 60) return `${minutes} min`
  return minutes % 60 === 0
    ? `${minutes / 60} h`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
