import type { ServerResponse } from 'node:http'

/** To whom something of a channel is being sent. */
export type Recipient = { userId: string; sessionId: string; slug: string }

/** Which sendings are meant. All given fields must agree. */
export type WhichSendings = Partial<Recipient>

/** Files take long to send: whoever loses the right to one meanwhile gets no more of it. */
export const createSendings = () => {
  const underWay = new Set<Recipient & { response: Pick<ServerResponse, 'destroy'> }>()
  const isMeant = (which: WhichSendings, { userId, sessionId, slug }: Recipient): boolean =>
    (which.userId === undefined || which.userId === userId) &&
    (which.sessionId === undefined || which.sessionId === sessionId) &&
    (which.slug === undefined || which.slug === slug)
  return {
    /** Begins before the right is looked at, so that none is lost between the look and the first byte. */
    async during(
      recipient: Recipient,
      response: Pick<ServerResponse, 'destroy'>,
      work: () => Promise<void>,
    ): Promise<void> {
      const sending = { ...recipient, response }
      underWay.add(sending)
      try {
        await work()
      } finally {
        underWay.delete(sending)
      }
    },
    /** Of those to whom something is being sent. */
    sessions: (): string[] => [...underWay].map(({ sessionId }) => sessionId),
    cutOff(which: WhichSendings): void {
      for (const sending of underWay) if (isMeant(which, sending)) sending.response.destroy()
    },
  }
}
export type Sendings = ReturnType<typeof createSendings>
