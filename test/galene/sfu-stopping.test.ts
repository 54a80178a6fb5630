import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { eventually } from '../support/eventually.ts'
import { group, sfusUnderTest, startBridge, type TestBridge } from '../support/sfu.ts'

/** More than are asked about at once, so that one time limit after the other would be waited for. */
const groups = Array.from({ length: 60 }, (_, n) => group(`room-${n}`))
const states = (bridge: TestBridge) =>
  new Set(groups.map(({ name }) => bridge.sfu.syncState(name).state))
const stopsWithin = async (bridge: TestBridge, ms: number) => {
  const since = performance.now()
  await bridge.sfu.stop()
  expect(performance.now() - since).toBeLessThan(ms)
  await bridge.stop()
}

it('a stop waits for no answer of a Galene elsewhere that hangs', async () => {
  const server = createServer()
  // It says what it speaks, and leaves every request for a group without an answer.
  new WebSocketServer({ server }).on('connection', (socket) => {
    socket.on('message', () => socket.send('{"type":"handshake","version":["2"]}'))
  })
  let asked = 0
  server.on('request', () => {
    asked += 1
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const bridge = await startBridge({ groups, url: `http://127.0.0.1:${port}` })
  await eventually(() => expect(asked).toBeGreaterThan(0))
  await stopsWithin(bridge, 5_000)
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
}, 45_000)

describe.each(sfusUnderTest())('one that hangs under supervision, with $name', (sfu) => {
  it('is ended with us within five seconds, in the middle of being told of changes', async () => {
    const bridge = await startBridge({ sfu, supervised: true, groups })
    await eventually(() => expect(states(bridge)).toEqual(new Set(['in-step'])), 20_000)
    const pid = Number(await readFile(join(bridge.config.sfu.data_dir, 'sfu.pid'), 'utf8'))
    process.kill(pid, 'SIGSTOP')
    for (const { name } of groups) bridge.sfu.groupsChanged(name)
    expect(states(bridge)).toEqual(new Set(['pending']))
    await stopsWithin(bridge, 5_000)
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  }, 45_000)
})
