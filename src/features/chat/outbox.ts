import { deepSignal, type Shallow, shallow } from 'deepsignal'
import type { Message } from '../../../lib/protocol/chat.ts'
import { isUnreached, sentenceOf } from '../../platform/request-error.ts'
import type { Wire } from '../../platform/socket.ts'

/** A message of mine that the server has not acknowledged. */
export type Pending = {
  clientId: string
  text: string
  postedAt: string
  /** `sending` goes on by itself; `failed` waits for the person. */
  is: 'sending' | 'failed'
  /** For people, when it failed. */
  because: string
}

export type OutboxNeeds = {
  wire: Wire
  channelSlug: string
  newId: () => string
  now: () => Date
  onPosted: (message: Message) => void
  /** How long a message keeps trying over lost connections before it says that it is not sent. */
  giveUpAfterMs?: number
}

/**
 * Messages on their way. A lost connection is waited out for a while, because the same `clientId` twice stores one message;
 * a refusal, or a connection that stays away, makes the message `failed` until it is retried or discarded.
 */
export const createOutbox = (needs: OutboxNeeds) => {
  const { wire, channelSlug, giveUpAfterMs = 8_000 } = needs
  const state = deepSignal<{ pending: Shallow<Pending[]> }>({ pending: shallow([]) })
  const timers = new Map<string, ReturnType<typeof setTimeout>>()

  const find = (clientId: string) => state.pending.find((one) => one.clientId === clientId)
  const change = (clientId: string, change: Partial<Pending>) => {
    const next = state.pending.map((one) =>
      one.clientId === clientId ? { ...one, ...change } : one,
    )
    state.pending = shallow(next)
  }
  const stopTimer = (clientId: string) => {
    clearTimeout(timers.get(clientId))
    timers.delete(clientId)
  }
  /** It is stored, or not wanted any more. */
  const settle = (clientId: string) => {
    stopTimer(clientId)
    if (find(clientId))
      state.pending = shallow(state.pending.filter((p) => p.clientId !== clientId))
  }
  const fail = (clientId: string, because: string) => {
    stopTimer(clientId)
    change(clientId, { is: 'failed', because })
  }
  const attempt = async (clientId: string, text: string) => {
    try {
      const message = await wire.request<Message>('chat.post', { channelSlug, clientId, text })
      needs.onPosted(message)
      settle(clientId)
    } catch (error) {
      if (!isUnreached(error)) fail(clientId, sentenceOf(error))
    }
  }
  const start = (clientId: string, text: string) => {
    const giveUp = () => fail(clientId, 'Pyrite could not be reached.')
    timers.set(clientId, setTimeout(giveUp, giveUpAfterMs))
    void attempt(clientId, text)
  }
  return {
    state,
    settle,
    send(text: string) {
      const clientId = needs.newId()
      const postedAt = needs.now().toISOString()
      const mine: Pending = { clientId, text, postedAt, is: 'sending', because: '' }
      state.pending = shallow([...state.pending, mine])
      start(clientId, text)
    },
    retry(clientId: string) {
      const failed = find(clientId)
      if (failed?.is !== 'failed') return
      change(clientId, { is: 'sending', because: '' })
      start(clientId, failed.text)
    },
    /** The connection is back: what was on its way goes again. */
    resumed() {
      for (const { clientId, text, is } of state.pending) {
        if (is === 'sending') void attempt(clientId, text)
      }
    },
    dispose() {
      for (const clientId of [...timers.keys()]) stopTimer(clientId)
    },
  }
}
export type Outbox = ReturnType<typeof createOutbox>
