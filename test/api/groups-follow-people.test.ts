import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { type Pyrite, startPyrite } from '../support/pyrite.ts'

let pyrite: Pyrite
beforeAll(async () => {
  pyrite = await startPyrite({ people: ['alice', 'bob'] })
})
afterAll(() => pyrite.stop())

const pathOf = (slug: string) => join(pyrite.config.sfu.groups_dir, `${slug}.json`)
const inGroup = (): string[] => {
  const text = readFileSync(pathOf('general'), 'utf8')
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

it('only the groups that a person is in are looked at for them', async () => {
  const alice = await pyrite.signIn('alice')
  const bob = await pyrite.signIn('bob')
  await alice.send('POST', '/api/channels', { name: 'attic', slug: 'attic' })
  await eventually(() => expect(existsSync(pathOf('attic'))).toBe(true))
  // Whoever looks at it makes it again.
  rmSync(pathOf('attic'))
  await bob.send('PATCH', `/api/users/${bob.user.id}`, { displayName: 'Robert' })
  for (const disabled of [true, false]) {
    await alice.send('PATCH', `/api/users/${bob.user.id}`, { disabled })
    await eventually(() => expect(inGroup()).toHaveLength(disabled ? 1 : 2))
  }
  expect(existsSync(pathOf('attic'))).toBe(false)
})
