import type { Config } from '../../../platform/config/schema.ts'
import { tokenBucket } from '../../../platform/ws/rate.ts'

/** Largest frames that one person may send at once before the rate of bytes counts. */
const BURST_FRAMES = 2

/**
 * Makes, for a connection of a person, what says whether one more frame of so many bytes may pass [SFU-3]. Frames are counted for each
 * connection, bytes for each person: what they send reaches everybody in the call, and who has a slower line would be cut off for it.
 * One small bucket stays for each person.
 */
export const createBrakes = (limits: Config['sfu']) => {
  const bytes = new Map<string, (count: number) => boolean>()
  const atOnce = BURST_FRAMES * limits.max_frame_bytes
  return (userId: string) => {
    const mayCome = tokenBucket(limits.messages_per_second, limits.messages_burst)
    const mayTake = bytes.get(userId) ?? tokenBucket(limits.bytes_per_second, atOnce)
    bytes.set(userId, mayTake)
    return (count: number): boolean => mayCome() && mayTake(count)
  }
}
