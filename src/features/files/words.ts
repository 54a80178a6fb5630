import type { Transfer } from '../../media/transport.ts'
import { sizeWords } from '../call/index.ts'

const OFFER = 'It comes directly, so each of you can learn the other’s network address.'

/** How a transfer stands, in words. */
export const transferWords = (transfer: Transfer, partner: string): string => {
  const { state, size, transferred, because, direction } = transfer
  const total = sizeWords(size)
  switch (state) {
    case 'offered':
      return direction === 'sending'
        ? `${total}, waiting for ${partner} to accept`
        : `${partner} wants to send you this, ${total}. ${OFFER}`
    case 'connecting':
      return `${total}, connecting to ${partner}`
    case 'moving':
      return `${sizeWords(transferred)} of ${total}, ${direction === 'sending' ? 'to' : 'from'} ${partner}`
    case 'done':
      return `${total}, ${direction === 'sending' ? `sent to ${partner}` : `received from ${partner}`}`
    default:
      return because
  }
}
