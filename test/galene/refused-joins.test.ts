import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startGalene, type TestGalene } from '../support/galene.ts'
import { type Name, type Pyrite, startPyrite } from '../support/pyrite.ts'
import { connectTo, galenes, type Json } from '../support/sfu.ts'

const GROUP = 'general'
const JOIN = { type: 'join', kind: 'join', group: GROUP }
const LEAVE = { type: 'join', kind: 'leave', group: GROUP }
const OFFER = { type: 'offer', id: 'a', label: 'camera', sdp: 'v=0\r\n' }
const SETDATA = { type: 'useraction', kind: 'setdata', dest: 'carol', value: { a: 1 } }
/** An offer after a join that failed brings Galene 1.1 down. */
const AFTER = [OFFER, SETDATA, OFFER, JOIN, OFFER, LEAVE, OFFER, LEAVE, JOIN, OFFER]

const REFUSALS: [string, Json, RegExp][] = [
  ['is not open yet', { 'not-before': '2999-01-01T00:00:00Z' }, /not open yet/],
  ['has expired', { expires: '2001-01-01T00:00:00Z' }, /closed/],
  ['waits for an operator', { autokick: true }, /no operators/],
  ['has locked itself', { autolock: true }, /locked/],
]

describe.each(galenes())('who goes on after %s refused them leaves it running', (binary) => {
  let galene: TestGalene
  let pyrite: Pyrite
  let asWritten: string
  beforeAll(async () => {
    galene = await startGalene({ binary })
    const sfu = { url: galene.url, groups_dir: galene.groups, max_clients: 1 }
    pyrite = await startPyrite({ settings: { sfu } })
    const { sfu: calls } = pyrite.app
    await eventually(() => expect(calls.syncState(GROUP).state).toBe('in-step'))
    asWritten = await galene.text(GROUP)
  })
  afterAll(async () => {
    await pyrite.stop()
    await galene.end()
  })

  const open = async (name: Name, frames: readonly Json[]) => {
    const { cookie, url } = await pyrite.signIn(name)
    const connection = connectTo(`${url}/sfu`, { cookie, origin: url })
    await connection.opens()
    connection.send({ type: 'handshake', version: ['2'], id: name })
    for (const frame of frames) connection.send(frame)
    return connection
  }
  /** It is nobody's child who would start it again. */
  const mustRun = async () => expect((await fetch(`${galene.url}/ws`)).status).toBe(400)
  const goOn = async (why: RegExp) => {
    const carol = await open('carol', [JOIN, ...AFTER])
    const { value } = await carol.hears({ type: 'joined', kind: 'fail' })
    expect(value).toMatch(why)
    await carol.isClosed()
    await mustRun()
  }

  it.each(REFUSALS)('because the group %s [SFU-10]', async (_what, fields, why) => {
    await galene.write(GROUP, JSON.stringify({ ...JSON.parse(asWritten), ...fields }))
    await goOn(why)
  })

  it('because nobody can read its file [SFU-10]', async () => {
    await galene.write(GROUP, '{"displayName":')
    await goOn(/./)
  })

  it('because it is full [SFU-10]', async () => {
    await galene.write(GROUP, asWritten)
    const alice = await open('alice', [JOIN])
    await alice.hears({ type: 'joined', kind: 'join' })
    await goOn(/too many/)
    expect(alice.isOpen()).toBe(true)
    alice.socket.close()
  })
})
