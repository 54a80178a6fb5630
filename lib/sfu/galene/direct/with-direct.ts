import type { Sfu } from '../../sfu.ts'
import type { Bridge } from '../bridge/bridge.ts'
import type { Visits } from './visits.ts'

export type WithDirectNeeds = {
  bridge: Pick<Bridge, 'end' | 'accessChanged' | 'askToMute' | 'recordingChanged' | 'groupState'>
  visits: Visits
  groups: { changed(name?: string): void; caughtUp(name: string): Promise<void> }
  mayRecord: (group: string) => boolean
  /** Whether somebody past the bridge may lock a group there. */
  hasDirect: boolean
}

type Acts = Pick<Sfu, 'end' | 'accessChanged' | 'askToMute' | 'unlock' | 'groupsChanged'>

/** What is done to live calls on the bridge is done to those past it as well. */
export const withDirect = (needs: WithDirectNeeds): Acts => {
  const { bridge, visits, groups, mayRecord, hasDirect } = needs
  return {
    end(which, reason) {
      visits.end(which, reason)
      return bridge.end(which, reason)
    },
    accessChanged(group, userId, words) {
      visits.accessChanged(group, userId, words)
      bridge.accessChanged(group, userId, words)
    },
    askToMute(which) {
      visits.mute(which)
      bridge.askToMute(which)
    },
    unlock(group) {
      const { locked } = bridge.groupState(group)
      // Where nobody is on the bridge, nobody there hears of a lock.
      if (locked || hasDirect) visits.unlock(group)
      return locked
    },
    groupsChanged(name) {
      groups.changed(name)
      if (name === undefined) return
      const before = mayRecord(name)
      void groups.caughtUp(name).then(() => {
        bridge.recordingChanged(name)
        // Galene records on where nobody is left who could say so here.
        if (before && !mayRecord(name)) visits.lookAtRecording(name)
      })
    },
  }
}
