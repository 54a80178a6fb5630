import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { ATTACKS, type Attacker, shout } from '../support/hostile.ts'
import { startLine } from '../support/line.ts'
import { type Media, startMedia } from '../support/native-call.ts'
import {
  isAlive,
  type PyriteProcess,
  preparePeople,
  residentBytes,
  spawnPyrite,
} from '../support/pyrite-process.ts'
import { type Connection, connectTo, eachSfu } from '../support/sfu.ts'

const GROUP = 'general'
const MEBIBYTE = 1_048_576
/** What the heap may have grown by after everything was done once more: as much as 300 connections would hold, had they stayed. Measured: less than nothing. */
const MOST_GROWTH = 6 * MEBIBYTE
/** Connections to the call server that are kept for the next question about a group. */
const KEPT_OPEN = 16
/** The same of the call server, as the machine sees it. Measured: less than nothing. */
const MOST_SFU_GROWTH = 16 * MEBIBYTE

eachSfu('a hostile member', (sfu) => {
  let folder: string
  let pyrite: PyriteProcess
  let url: string
  let sfuPid: number
  let alice: Connection
  let carol: Connection
  let media: Media
  let bob: Attacker
  let openFiles: number

  const enter = async (name: 'alice' | 'carol', at = url, id: string = name) => {
    const { cookie } = await pyrite.signIn(url, name)
    const connection = connectTo(`${at}/sfu`, { cookie, origin: at })
    await connection.opens()
    connection.send({ type: 'handshake', version: ['2'], id })
    connection.send({ type: 'join', kind: 'join', group: GROUP })
    await connection.hears({ type: 'joined', kind: 'join' })
    return connection
  }
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pyrite-hostile-'))
    await preparePeople(folder)
    pyrite = spawnPyrite({ folder, sfu, settings: { SFU_HANDSHAKE_SECONDS: '2' } })
    url = await pyrite.isUp()
    sfuPid = await pyrite.sfuPid()
    const { cookie } = await pyrite.signIn(url, 'bob')
    bob = { url, cookie, group: GROUP, somebody: 'alice', stream: 'camera-of-alice' }
    alice = await enter('alice')
    carol = await enter('carol')
    media = await startMedia(alice, carol)
    openFiles = await pyrite.openFiles()
  })
  afterAll(async () => {
    media?.stop()
    await pyrite?.kill('SIGTERM')
    await rm(folder, { recursive: true, force: true })
  })

  const mustBeWell = async () => {
    expect([await pyrite.sfuPid(), isAlive(sfuPid), isAlive(pyrite.pid)]).toEqual([
      sfuPid,
      true,
      true,
    ])
    expect([alice.isOpen(), carol.isOpen()]).toEqual([true, true])
    await media.flows()
    // Neither a bug nor the end of the SFU was logged.
    expect(
      pyrite
        .output()
        .split('\n')
        .filter((line) => /"level":[56]0|SFU ended/.test(line)),
    ).toEqual([])
  }

  it.each(ATTACKS)(
    '%s leaves the call server running and the others in their call [SFU-10]',
    async (_who, attack) => {
      const before = media.count()
      await attack(bob)
      await mustBeWell()
      const { sent, received } = media.count()
      expect(received - before.received).toBeGreaterThan((sent - before.sent) * 0.9)
    },
    60_000,
  )

  it('who shouts costs nobody their call, on a slow line either [SFU-3]', async () => {
    const line = await startLine(url)
    line.slow({ bytesPerTurn: 20_000, everyMs: 10 })
    const slow = await enter('carol', line.url, 'carol-far-away')
    await shout(bob)
    alice.send({ type: 'usermessage', kind: 'mark', dest: 'carol-far-away' })
    await slow.hears({ type: 'usermessage', kind: 'mark' }, 20_000)
    expect(slow.isOpen()).toBe(true)
    slow.socket.terminate()
    await line.refuse()
  }, 60_000)

  it('leaves nothing behind: memory and sockets are as before, however often [SFU-3]', async () => {
    const noMoreThanBefore = async () =>
      expect(await pyrite.openFiles()).toBeLessThan(openFiles + KEPT_OPEN + 5)
    await eventually(noMoreThanBefore, 15_000)
    const [first, sfuFirst] = [await pyrite.memory(), await residentBytes(sfuPid)]
    for (const [, attack] of ATTACKS) await attack(bob)
    await mustBeWell()
    await eventually(noMoreThanBefore, 15_000)
    expect((await pyrite.memory()).used - first.used).toBeLessThan(MOST_GROWTH)
    expect((await residentBytes(sfuPid)) - sfuFirst).toBeLessThan(MOST_SFU_GROWTH)
  }, 120_000)
})
