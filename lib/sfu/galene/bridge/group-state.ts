/** A recorder that appears within this time was asked for. Milliseconds. */
const START_MS = 10_000

/** What Galene says of groups on its way to the browsers: locked, and being recorded. `changed` is called on each change. */
export const createGroupState = (
  changed: (group: string) => void,
  now = () => performance.now(),
) => {
  const lockedGroups = new Set<string>()
  const recorders = new Map<string, Set<string>>()
  /** Who asked last for a recording, and when; and who started the one that runs. */
  const asked = new Map<string, { userId: string; at: number }>()
  const starters = new Map<string, { recorder: string; userId: string }>()
  const noteStarter = (group: string, recorder: string) => {
    const last = asked.get(group)
    asked.delete(group)
    if (starters.get(group)?.recorder === recorder) return
    if (last && now() - last.at < START_MS) starters.set(group, { recorder, userId: last.userId })
    else starters.delete(group)
  }
  return {
    locked(group: string, isLocked: boolean) {
      if (lockedGroups.has(group) === isLocked) return
      if (isLocked) lockedGroups.add(group)
      else lockedGroups.delete(group)
      changed(group)
    },
    /** The recorder with this client id came or went. Heard once from every connection of the group. */
    recorder(group: string, id: string, isPresent: boolean) {
      const ids = recorders.get(group) ?? new Set()
      if (ids.has(id) === isPresent) return
      if (isPresent) {
        if (ids.size === 0) noteStarter(group, id)
        recorders.set(group, ids.add(id))
      } else ids.delete(id)
      if (ids.size === 0) {
        recorders.delete(group)
        starters.delete(group)
      }
      changed(group)
    },
    /** Somebody who may record asks for it: the recorder that appears now is theirs. */
    recordingAsked(group: string, userId: string) {
      if (!recorders.has(group)) asked.set(group, { userId, at: now() })
    },
    /**
     * The first comes in after nobody was there. Galene records on in an empty group, so what was known then stands until now;
     * whether the recorder is still there, the newcomer hears next.
     */
    entered(group: string) {
      if (recorders.delete(group)) changed(group)
    },
    /** A recording was ended; whether or not anybody is left to hear so. */
    recordingEnded(group: string) {
      starters.delete(group)
      if (recorders.delete(group)) changed(group)
    },
    /** The SFU restarted: locks and recorders live in its memory only. */
    forget() {
      const groups = new Set([...lockedGroups, ...recorders.keys()])
      lockedGroups.clear()
      recorders.clear()
      starters.clear()
      for (const group of groups) changed(group)
    },
    of(group: string) {
      const recordingBy = recorders.has(group) ? starters.get(group)?.userId : undefined
      return {
        locked: lockedGroups.has(group),
        recording: recorders.has(group),
        ...(recordingBy !== undefined && { recordingBy }),
      }
    },
  }
}
export type GroupState = ReturnType<typeof createGroupState>
