import { useEffect, useState } from 'preact/hooks'
import type { Socket } from '../platform/socket.ts'
import { Button } from '../ui/Button.tsx'
import { WifiOff } from '../ui/icons.tsx'
import { AfterAWhile } from '../ui/Placeholders.tsx'

const useSecondsUntil = (at: number): number => {
  const [now, setNow] = useState(Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500)
    return () => clearInterval(timer)
  }, [])
  return Math.max(1, Math.ceil((at - now) / 1000))
}

const Words = ({ socket }: { socket: Socket }) => {
  const seconds = useSecondsUntil(socket.state.retryAt)
  if (!navigator.onLine) return <>You are offline. Pyrite comes back with your connection.</>
  if (socket.state.is === 'connecting') return <>Connecting again…</>
  return <>Connection lost. Trying again in {seconds} s.</>
}

/** Says in words that news does not arrive; nothing while it does. */
export const ConnectionNotice = ({ socket }: { socket: Socket }) => {
  const { is, tries } = socket.state
  if (is === 'open' || tries === 0) return null
  return (
    <AfterAWhile ms={500}>
      <div class="notice" role="status">
        <WifiOff size={16} aria-hidden="true" />
        <span>
          <Words socket={socket} />
        </span>
        {is === 'waiting' && <Button onClick={() => socket.retryNow?.()}>Try now</Button>}
      </div>
    </AfterAWhile>
  )
}
