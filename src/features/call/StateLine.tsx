import { useEffect, useState } from 'preact/hooks'
import type { CallStore } from './store.ts'
import { presentWords, stateWords } from './words.ts'

/** The time, looked at often enough for a countdown while one runs. */
const useNow = (isRunning: boolean): number => {
  const [now, setNow] = useState(Date.now())
  useEffect(() => {
    setNow(Date.now())
    if (!isRunning) return undefined
    const timer = setInterval(() => setNow(Date.now()), 250)
    return () => clearInterval(timer)
  }, [isRunning])
  return now
}

/** How the call stands, in words. A screen reader hears changes of state, not every second of a countdown. */
export const StateLine = ({ call }: { call: CallStore }) => {
  const { connection, stats, participants } = call.state
  const isAway = connection.is === 'reconnecting'
  const now = useNow(isAway)
  return (
    <div class={`state-line ${connection.is}`} data-testid="call-state">
      <i aria-hidden="true" />
      <span class="state-words">{stateWords(connection, stats, now)}</span>
      {connection.is === 'connected' && (
        <span>
          {presentWords(participants)}
          <span class="hidden-words"> in the call</span>
        </span>
      )}
      {isAway && !connection.isAnnounced && (
        <button type="button" class="link" onClick={call.retryNow}>
          Try now
        </button>
      )}
      <span class="hidden-words" role="status">
        {isAway ? connection.because : ''}
      </span>
    </div>
  )
}
