import type { Changes, Message } from '../../../lib/protocol/chat.ts'

export type RevisionsNeeds = {
  /** chat.since */
  ask: (since: number) => Promise<Changes>
  show: (news: readonly Message[]) => void
  /** Too much was missed: start again from the newest page. */
  reload: () => Promise<void>
}

/**
 * Keeps a channel in step with the server. Every change has a revision without a gap: news in step is shown, old news ignored, and after
 * a gap everything since the last known revision is asked for, so nothing is missed or doubled [CHAT-17].
 */
export const createRevisions = ({ ask, show, reload }: RevisionsNeeds) => {
  /** Everything up to here is shown. Undefined until a page was loaded, and while one is on its way. */
  let rev: number | undefined
  let catchingUp: Promise<void> | undefined
  let early: Message[] = []

  const applyEarly = () => {
    const held = early
    early = []
    for (const message of held) receive(message)
  }
  const askSince = async (since: number) => {
    const changes = await ask(since)
    if (changes.reset) return reload()
    show(changes.messages)
    rev = Math.max(since, changes.rev)
    applyEarly()
  }
  /** Asks for what was missed. A failure is made good by the next news or the next connect; what is shown until then is true, only old. */
  const catchUp = (): Promise<void> => {
    if (rev === undefined) return Promise.resolve()
    catchingUp ??= askSince(rev)
      .catch(() => undefined)
      .finally(() => {
        catchingUp = undefined
      })
    return catchingUp
  }
  const receive = (message: Message): void => {
    if (rev === undefined) {
      early.push(message)
    } else if (message.rev === rev + 1) {
      rev = message.rev
      show([message])
    } else if (message.rev > rev) {
      show([message])
      early.push(message)
      void catchUp()
    }
  }
  return {
    receive,
    catchUp,
    /** A page is on its way: news waits for it. */
    hold() {
      rev = undefined
    },
    /** The page is here and shows everything up to `pageRev`. */
    startedAt(pageRev: number) {
      rev = pageRev
      applyEarly()
    },
    isAt: (other: number): boolean => rev === other,
  }
}
