import { useState } from 'preact/hooks'
import type { ModerationAct } from '../../../lib/protocol/moderation.ts'
import { sentenceOf } from '../../platform/request-error.ts'
import { Lock, Shield } from '../../ui/icons.tsx'
import { Empty } from '../../ui/Placeholders.tsx'
import type { ToastList } from '../../ui/toasts.ts'
import { heldOf, mayModerate, type Place } from './place.ts'
import { lockWords, silentWords } from './standing.ts'
import type { Ban, ModerationStore } from './store.ts'
import { untilWords, withReason } from './words.ts'

export type NoticeProps = { store: ModerationStore; place: Place }

/** Above the box to write in: that the channel or its call is locked. A screen reader hears it come and go. */
export const LockNotice = (props: NoticeProps & { toasts: Pick<ToastList, 'fail'> }) => {
  const { store, place, toasts } = props
  const words = lockWords(place, store.now())
  const lock = heldOf(place, 'lock', null)
  const [isBusy, setBusy] = useState(false)
  const unlock = async (act: ModerationAct) => {
    if (isBusy) return
    setBusy(true)
    await store.end(act).catch((error: unknown) => toasts.fail(sentenceOf(error)))
    setBusy(false)
  }
  return (
    <div class={words ? 'lock-notice' : ''} role="status">
      {words && (
        <>
          <Lock size={14} aria-hidden="true" />
          <span>{words}</span>
          {lock && mayModerate(place) && (
            <button
              type="button"
              class="link"
              aria-disabled={isBusy}
              onClick={() => void unlock(lock)}
            >
              Unlock
            </button>
          )}
        </>
      )}
    </div>
  )
}

/** In place of the way into a call that is locked for me. `words`: why, until when, and by whom. */
export const CallLocked = ({ words }: { words: string }) => (
  <span class="call-locked" title={words}>
    <Lock size={14} aria-hidden="true" />
    <span aria-hidden="true">Call locked</span>
    <span class="hidden-words">{words}</span>
  </span>
)

/** In the call: why I only listen. */
export const SilentNotice = ({ store, place }: NoticeProps) => {
  const words = silentWords(place, store.now())
  return (
    <div class={words ? 'call-notice' : ''} role="status">
      {words}
    </div>
  )
}

export type MuteRequestProps = {
  /** Who asks, and why; '' where that is not known. */
  by: string
  reason: string
  unmute: (() => void) | undefined
  onClose: () => void
}

/** In the call: a moderator switched my microphone off. Only I switch it on again. */
export const MuteRequest = ({ by, reason, unmute, onClose }: MuteRequestProps) => (
  <div class="call-notice request" role="alert">
    <p>
      {withReason(`${by || 'A moderator'} asks you to stay muted`, reason)} Your microphone is off.
    </p>
    <div class="call-notice-actions">
      <button type="button" class="link" disabled={!unmute} onClick={unmute}>
        Unmute
      </button>
      <button type="button" class="link" onClick={onClose}>
        Stay muted
      </button>
    </div>
  </div>
)

const banWords = (ban: Ban, now: Date, nameOf: (userId: string) => string): string => {
  if ('message' in ban) return `${ban.message.charAt(0).toUpperCase()}${ban.message.slice(1)}.`
  const { until, byUserId, reason } = ban.act
  const sentence = `${nameOf(byUserId)} banned you from this channel, ${untilWords(until, now)}`
  return withReason(sentence, reason)
}

export type BannedProps = {
  ban: Ban
  /** '' where I do not know it any more. */
  name: string
  now: Date
  nameOf: (userId: string) => string
}

/** In place of a channel that I am banned from. */
export const Banned = ({ ban, name, now, nameOf }: BannedProps) => (
  <div class="page">
    <Empty
      isPage
      title={name ? `You cannot be in ${name} now` : 'You cannot be in this channel now'}
      icon={<Shield size={28} />}
    >
      <p role="status">{banWords(ban, now, nameOf)}</p>
      <a class="button gold" href="/channels">
        Go to your channels
      </a>
    </Empty>
  </div>
)
