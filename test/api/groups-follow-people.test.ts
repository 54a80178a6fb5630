import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { type Pyrite, startPyrite } from '../support/pyrite.ts'

let pyrite: Pyrite
beforeAll(async () => {
  pyrite = await startPyrite({ people: ['alice', 'bob'] })
})
afterAll(() => pyrite.stop())

const inGroup = (): string[] => {
  const text = readFileSync(join(pyrite.config.sfu.groups_dir, 'general.json'), 'utf8')
  return Object.keys((JSON.parse(text) as { users: object }).users)
}

it('a disabled person leaves the group files at once, and comes back when enabled', async () => {
  const alice = await pyrite.signIn('alice')
  const bob = await pyrite.signIn('bob')
  const set = (disabled: boolean) => alice.send('PATCH', `/api/users/${bob.user.id}`, { disabled })
  await eventually(() => expect(inGroup()).toEqual(['alice', 'bob']))
  await set(true)
  await eventually(() => expect(inGroup()).toEqual(['alice']))
  await set(false)
  await eventually(() => expect(inGroup()).toEqual(['alice', 'bob']))
})
