import { beforeEach, describe, expect, it } from 'vitest'
import {
  createGroupState,
  type GroupState,
} from '../../../../../../lib/sfu/galene/bridge/group-state.ts'
import { RecordingPart } from '../../../../../../lib/sfu/galene/bridge/recording.ts'

let time: number
let changes: string[]
let state: GroupState
let mayBeRecorded: boolean
let acted: string[]

const partOf = (userId: string, permissions: string[]) => {
  const part = new RecordingPart({
    state,
    userId,
    group: () => 'garden',
    mayBeRecorded: () => mayBeRecorded,
    isAlone: () => true,
    op: () => acted.push(userId),
  })
  part.permitted(permissions)
  return part
}
const now = () => state.of('garden')

beforeEach(() => {
  time = 0
  changes = []
  acted = []
  mayBeRecorded = true
  state = createGroupState(
    (group) => changes.push(group),
    () => time,
  )
})

describe('who records', () => {
  it('is whoever asked last of those who may, before the recorder came [REC-2]', () => {
    expect(partOf('alice', ['op', 'record']).refusalOf('groupaction', 'record')).toBeUndefined()
    expect(partOf('mallory', ['present']).refusalOf('groupaction', 'record')).toBeUndefined()
    state.recorder('garden', 'r1', true)
    expect(now()).toEqual({ locked: false, recording: true, recordingBy: 'alice' })
    // Galene refuses a second one; who asks for it started nothing.
    partOf('bob', ['record']).refusalOf('groupaction', 'record')
    state.recorder('garden', 'r1', false)
    expect(now()).toEqual({ locked: false, recording: false })
    expect(changes).toEqual(['garden', 'garden'])
  })

  it('is not known of a recorder that nobody here asked for, or asked for long ago', () => {
    partOf('alice', ['record']).refusalOf('groupaction', 'record')
    time = 60_000
    state.recorder('garden', 'r1', true)
    expect(now()).toEqual({ locked: false, recording: true })
  })

  it('is remembered for the same recorder over an empty call, and not for another', () => {
    partOf('alice', ['record']).refusalOf('groupaction', 'record')
    state.recorder('garden', 'r1', true)
    state.entered('garden')
    expect(now().recording).toBe(false)
    state.recorder('garden', 'r1', true)
    expect(now().recordingBy).toBe('alice')
    state.entered('garden')
    state.recorder('garden', 'r2', true)
    expect(now()).toEqual({ locked: false, recording: true })
  })
})

describe('the channel’s word on recording', () => {
  it('refuses what it does not allow, and gives moderators the permission when it does [REC-1]', () => {
    const part = partOf('alice', ['op', 'present'])
    mayBeRecorded = false
    expect(part.refusalOf('groupaction', 'record')).toMatchObject({ quiet: true })
    expect(part.refusalOf('groupaction', 'unrecord')).toBeUndefined()
    part.follow()
    expect(acted).toEqual([])
    mayBeRecorded = true
    part.follow()
    partOf('bob', ['present']).follow()
    expect(acted).toEqual(['alice'])
    part.permitted(['op', 'record'])
    part.follow()
    expect(acted).toHaveLength(1)
  })
})
