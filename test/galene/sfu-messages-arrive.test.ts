import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { eachSfu, startBridge, type TestBridge } from '../support/sfu.ts'

type Person = Awaited<ReturnType<TestBridge['join']>>

eachSfu('messages in a call', (under) => {
  let bridge: TestBridge
  let alice: Person
  let bob: Person
  beforeAll(async () => {
    bridge = await startBridge({ sfu: under })
  })
  afterAll(() => bridge.stop())
  beforeEach(async () => {
    alice = await bridge.join('alice')
    bob = await bridge.join('bob')
  })
  afterEach(() => {
    for (const person of [alice, bob]) person.socket.close()
  })

  it('reach the other under the name of the session, forged or not [SFU-12]', async () => {
    bob.raw(
      '{"type":"usermessage","kind":"wave","dest":"' +
        alice.id +
        '","SOURCE":"eve","Username":"alice","privileged":true}',
    )
    const wave = await alice.hears({ type: 'usermessage', kind: 'wave' })
    expect(wave).toMatchObject({ source: bob.id, username: 'bob' })
    expect(wave.privileged).toBeUndefined()
    expect(bob.isOpen()).toBe(true)
  })

  it('that would end or crash the call server leave it and everybody alone [SFU-10]', async () => {
    const hostile = [
      '{"type":"ice","id":"x","candidate":null}',
      '{"type":"requestStream","id":"x","request":["audio"]}',
      '{"type":"groupaction","kind":"nothing"}',
      '{"type":"sudo"}',
      '{"type":"usermessage","kind":7}',
    ]
    for (const frame of hostile) bob.raw(frame)
    bob.send({ type: 'usermessage', kind: 'still-here', dest: alice.id })
    await alice.hears({ type: 'usermessage', kind: 'still-here' })
    expect([alice.isOpen(), bob.isOpen()]).toEqual([true, true])
    expect(bob.all({ type: 'usermessage', kind: 'error' })).toHaveLength(hostile.length)
  })

  it('of a moderator act, of a member do not [SFU-6]', async () => {
    bob.send({ type: 'groupaction', kind: 'lock', value: 'later' })
    await bob.hears({ type: 'usermessage', kind: 'error', value: 'not authorised' })
    expect(bridge.sfu.groupState('garden').locked).toBe(false)
    alice.send({ type: 'groupaction', kind: 'lock', value: 'later' })
    await bob.hears({ type: 'joined', kind: 'change' })
    await eventually(() => expect(bridge.sfu.groupState('garden').locked).toBe(true))
    const carol = await bridge.join('carol')
    expect(carol.joined).toMatchObject({ kind: 'fail', value: 'later' })
    alice.send({ type: 'groupaction', kind: 'unlock' })
    await eventually(() => expect(bridge.sfu.groupState('garden').locked).toBe(false))
  })

  it('chat reaches nobody, and the sender is told where to write [SFU-11]', async () => {
    bob.raw('{"Type":"chat","value":"psst"}')
    await bob.hears({ type: 'usermessage', kind: 'error' })
    bob.send({ type: 'usermessage', kind: 'mark', dest: alice.id })
    await alice.hears({ type: 'usermessage', kind: 'mark' })
    expect(alice.all({ type: 'chat' })).toEqual([])
  })
})
