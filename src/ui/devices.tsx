import { Radio } from 'lucide-preact'

/** "1 device", "3 devices": what streams into a call, beside the people in it. */
export const deviceWords = (count: number): string =>
  count === 1 ? '1 device' : `${count} devices`

/** Where a person has an avatar. Decoration only: the name stands beside it. */
export const DeviceMark = ({ size }: { size: 'small' | 'medium' | 'large' }) => (
  <span class={`avatar device ${size}`} aria-hidden="true">
    <Radio size={{ small: 11, medium: 20, large: 30 }[size]} />
  </span>
)
