import { readFile } from 'node:fs/promises'
import { join as joinPath } from 'node:path'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { eachSfu, startBridge, type TestBridge } from '../support/sfu.ts'

eachSfu('joining through the bridge', (under) => {
  let bridge: TestBridge
  beforeAll(async () => {
    bridge = await startBridge({ sfu: under })
  })
  afterAll(() => bridge.stop())

  it('lets a member in as a member, under the name of the session [SFU-5] [SFU-6]', async () => {
    const bob = await bridge.join('bob', 'garden', { username: 'alice', password: 'x', token: 'y' })
    expect(bob.joined).toMatchObject({ kind: 'join', group: 'garden', username: 'bob' })
    expect(bob.joined.permissions).toEqual(['present', 'message'])
    bob.socket.close()
  })
})
