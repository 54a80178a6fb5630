import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Pyrite, startPyrite } from '../support/pyrite.ts'

let pyrite: Pyrite
beforeAll(async () => {
  const workspace = { loads_per_second: 0.01, loads_burst: 3 }
  pyrite = await startPyrite({ settings: { workspace } })
})
afterAll(() => pyrite.stop())

it('loading the workspace is limited for each person, over all connections and both doors [WS-23]', async () => {
  const bob = await pyrite.signIn('bob')
  const sockets = await Promise.all([bob.socket(), bob.socket()])
  for (const socket of sockets) await socket.ask('workspace.load')
  expect(await bob.send('GET', '/api/workspace')).toMatchObject({ status: 200 })

  const error = { code: 'too-many-requests', message: expect.any(String), retryAfter: 100 }
  for (const socket of sockets) {
    expect(await socket.reply('workspace.load')).toMatchObject({ error })
    expect(await socket.ask('ping')).toEqual({})
  }
  const answer = await fetch(`${pyrite.url}/api/workspace`, { headers: { cookie: bob.cookie } })
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '100'])
  expect(await answer.json()).toEqual({ error })
  expect((await (await pyrite.signIn('carol')).send('GET', '/api/workspace')).status).toBe(200)
})
