/** What Galene says of groups on its way to the browsers: locked, and being recorded. `changed` is called on each change. */
export const createGroupState = (changed: (group: string) => void) => {
  const lockedGroups = new Set<string>()
  const recorders = new Map<string, Set<string>>()
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
      if (isPresent) recorders.set(group, ids.add(id))
      else ids.delete(id)
      if (ids.size === 0) recorders.delete(group)
      changed(group)
    },
    /** Nobody is left to hear of a recorder; Galene keeps the lock. */
    emptied(group: string) {
      if (recorders.delete(group)) changed(group)
    },
    /** The SFU restarted: locks and recorders live in its memory only. */
    forget() {
      const groups = new Set([...lockedGroups, ...recorders.keys()])
      lockedGroups.clear()
      recorders.clear()
      for (const group of groups) changed(group)
    },
    of: (group: string) => ({ locked: lockedGroups.has(group), recording: recorders.has(group) }),
  }
}
export type GroupState = ReturnType<typeof createGroupState>
