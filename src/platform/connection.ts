import { deepSignal } from 'deepsignal'
import { CLOSE } from '../../lib/protocol/close-codes.ts'
import type { Backoff } from './backoff.ts'

/** What is needed of a WebSocket. */
export type Line = Pick<WebSocket, 'send' | 'close' | 'onmessage' | 'onclose'>

export type ConnectionState = {
  /** `waiting` has no connection and tries again at `retryAt`; `signed-out` and `closed` try no more. */
  is: 'idle' | 'connecting' | 'open' | 'waiting' | 'signed-out' | 'closed'
  /** Milliseconds since the epoch, only meaningful while waiting. */
  retryAt: number
  /** Tries since the connection was last good. */
  tries: number
}

export type ConnectionNeeds = {
  open: () => Line
  backoff: Backoff
  now: () => number
  onText: (text: string) => void
  onLost: () => void
}

const silence = (line: Line) => {
  line.onclose = null
  line.onmessage = null
  line.close(CLOSE.normal)
}

/** One line to the server that comes back by itself until it is disposed of or the session ended. */
export const createConnection = (needs: ConnectionNeeds) => {
  const state = deepSignal<ConnectionState>({ is: 'idle', retryAt: 0, tries: 0 })
  let line: Line | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  const lost = (code: number) => {
    line = undefined
    if (code === CLOSE.signedOut) state.is = 'signed-out'
    else {
      const delay = needs.backoff.next()
      state.tries += 1
      state.retryAt = needs.now() + delay
      state.is = 'waiting'
      timer = setTimeout(connect, delay)
    }
    needs.onLost()
  }
  const connect = () => {
    clearTimeout(timer)
    if (line) return
    state.is = 'connecting'
    const mine = needs.open()
    line = mine
    mine.onmessage = ({ data }) => needs.onText(String(data))
    mine.onclose = ({ code }) => lost(code)
  }
  return {
    state,
    connect,
    /** The server greeted us: the connection is good. */
    greeted() {
      needs.backoff.reset()
      state.tries = 0
      state.is = 'open'
    },
    send: (text: string) => line?.send(text),
    /** Gives up this line, as if it had been cut, and tries again after a while. */
    drop() {
      if (!line) return
      silence(line)
      lost(CLOSE.goingAway)
    },
    dispose() {
      clearTimeout(timer)
      if (line) silence(line)
      line = undefined
      state.is = 'closed'
    },
  }
}
