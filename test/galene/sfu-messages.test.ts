import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { eachSfu, type Json, startBridge, type TestBridge } from '../support/sfu.ts'
import { type Ear, startEar } from '../support/sfu-ear.ts'

type Person = Awaited<ReturnType<TestBridge['join']>>

describe('what the call server hears in a call', () => {
  let ear: Ear
  let bridge: TestBridge
  let bob: Person
  beforeAll(async () => {
    ear = await startEar()
    bridge = await startBridge({ url: ear.url })
  })
  afterAll(async () => {
    await bridge.stop()
    await ear.stop()
  })
  beforeEach(async () => {
    ear.heard.length = 0
    bob = await bridge.join('bob')
  })
  afterEach(() => bob.socket.close())

  /** Sends raw frames and then a mark; answers what reached the call server before the mark. */
  const through = async (...frames: (string | Buffer)[]): Promise<Json[]> => {
    for (const frame of frames) bob.raw(frame)
    bob.send({ type: 'usermessage', kind: 'mark' })
    return eventually(() => {
      const messages = ear.messages()
      const mark = messages.findIndex(({ kind }) => kind === 'mark')
      if (mark < 0) throw new Error('the mark has not come')
      return messages.slice(0, mark)
    })
  }
  const errors = () => bob.all({ type: 'usermessage', kind: 'error' })
  const me = { source: '', username: 'bob' }
  beforeEach(() => {
    me.source = bob.id
  })

  it.each<[string, Json, Json]>([
    ['ping', { type: 'ping' }, { type: 'ping' }],
    ['pong', { type: 'pong' }, { type: 'pong' }],
    [
      'request',
      { type: 'request', request: { '': ['audio'], camera: null } },
      { type: 'request', request: { '': ['audio'], camera: null } },
    ],
    ['answer', { type: 'answer', id: 'd1', sdp: 'v=0' }, { type: 'answer', id: 'd1', sdp: 'v=0' }],
    ['renegotiate', { type: 'renegotiate', id: 'd1' }, { type: 'renegotiate', id: 'd1' }],
    ['close', { type: 'close', id: 'u1' }, { type: 'close', id: 'u1' }],
    ['abort', { type: 'abort', id: 'd1' }, { type: 'abort', id: 'd1' }],
    [
      'ice, untouched',
      {
        type: 'ice',
        id: 'u1',
        candidate: {
          candidate: 'candidate:1 1 udp 1 a.local 9 typ host',
          sdpMid: '0',
          sdpMLineIndex: 0,
          usernameFragment: null,
        },
      },
      {
        type: 'ice',
        id: 'u1',
        candidate: {
          candidate: 'candidate:1 1 udp 1 a.local 9 typ host',
          sdpMid: '0',
          sdpMLineIndex: 0,
          usernameFragment: null,
        },
      },
    ],
  ])('%s passes with its own fields only [SFU-10]', async (_name, sent, expected) => {
    const strange = {
      ...sent,
      privileged: true,
      permissions: ['op'],
      token: 't',
      password: 'p',
      more: 1,
    }
    expect(await through(JSON.stringify(strange))).toEqual([expected])
    expect(errors()).toEqual([])
  })

  it.each<[string, Json]>([
    ['offer', { type: 'offer', id: 'u1', sdp: 'v=0', label: 'camera' }],
    [
      'usermessage',
      {
        type: 'usermessage',
        kind: 'filetransfer',
        dest: 'x',
        value: { type: 'invite' },
        noecho: true,
      },
    ],
    ['useraction', { type: 'useraction', kind: 'kick', dest: 'x', value: 'bye' }],
    ['groupaction', { type: 'groupaction', kind: 'lock', value: 'later' }],
  ])('%s speaks under the true name, whatever the client says [SFU-12]', async (_name, sent) => {
    const forged = { ...sent, source: 'alice-1', username: 'alice', privileged: true }
    expect(await through(JSON.stringify(forged), JSON.stringify(sent))).toEqual([
      { ...sent, ...me },
      { ...sent, ...me },
    ])
  })

  it.each([
    [
      'keys in another case',
      '{"TYPE":"usermessage","Kind":"a","VALUE":1}',
      { kind: 'a', value: 1 },
    ],
    [
      'the last duplicate',
      '{"type":"ping","type":"usermessage","kind":"a","kind":"b"}',
      { kind: 'b' },
    ],
    [
      'the last duplicate over spellings, in the order of the text',
      '{"Type":"ping","type":"chat","Type":"usermessage","value":1,"VALUE":2}',
      { value: 2 },
    ],
    [
      'a null that changes nothing',
      '{"type":"usermessage","Type":null,"kind":"a","Kind":null}',
      { kind: 'a' },
    ],
    [
      'the Kelvin sign and the long s',
      '{"type":"usermessage","\u212aind":"k","\u017fource":"alice-1"}',
      { kind: 'k' },
    ],
    ['the first value only', '{"type":"usermessage","kind":"a"} {"type":"chat"}', { kind: 'a' }],
    ['text after the value', '{"type":"usermessage","kind":"a"}]garbage', { kind: 'a' }],
    ['escaped keys', '{"\\u0074ype":"usermessage","kind":"a","\\u004bind":"b"}', { kind: 'b' }],
    [
      'brackets in strings',
      '{"TYPE":"usermessage","kind":"}],{\\"","value":["}",{"a":"]"}]}',
      { kind: '}],{"', value: ['}', { a: ']' }] },
    ],
    ['white space everywhere', ' {\t"TYPE"\n: "usermessage" ,\r "kind" : "a" } ', { kind: 'a' }],
  ])('reads as Galene reads: %s [SFU-9]', async (_what, frame, expected) => {
    expect(await through(frame)).toEqual([{ type: 'usermessage', ...me, ...expected }])
  })

  it('takes binary frames for text, and passes text [SFU-9]', async () => {
    expect(await through(Buffer.from('{"type":"usermessage","kind":"é"}'))).toEqual([
      { type: 'usermessage', kind: 'é', ...me },
    ])
  })

  it.each([
    [
      'a source in another case',
      '{"type":"usermessage","kind":"x","SOURCE":"alice-1","USERNAME":"alice"}',
    ],
    [
      'a source doubled by null',
      '{"type":"usermessage","kind":"x","source":"alice-1","source":null}',
    ],
    ['a leave behind a ping', '{"type":"usermessage","kind":"x"}{"type":"join","kind":"leave"}'],
    ['a token', '{"type":"usermessage","kind":"x","token":"t","Password":"p"}'],
  ])('smuggles nothing past: %s [SFU-9]', async (_what, frame) => {
    const messages = await through(frame)
    expect(messages).toEqual([{ type: 'usermessage', kind: 'x', ...me }])
    const raw = ear.heard.filter((frame) => !frame.includes('"type":"join"')).join('\n')
    for (const word of ['alice', 'leave', 'SOURCE', 'password', 'Password', '"t"']) {
      expect(raw).not.toContain(word)
    }
  })

  it.each([
    ['no JSON', 'hello'],
    ['half a message', '{"type":"ping"'],
    ['an empty frame', ''],
    ['a list', '["ping"]'],
    ['null', 'null'],
    ['a number for a type', '{"type":7}'],
    ['no type', '{"kind":"x"}'],
    ['a type nobody knows', '{"type":"sudo"}'],
    ['a type of the server', '{"type":"joined","kind":"join"}'],
    ['a second handshake', '{"type":"handshake","version":["2"],"id":"alice-1"}'],
    ['a join of an unknown kind', '{"type":"join","kind":"sideways"}'],
    ['an offer without an id', '{"type":"offer","sdp":"v=0"}'],
    ['an offer without an SDP', '{"type":"offer","id":"a"}'],
    ['an id that is a number', '{"type":"close","id":7}'],
    ['a null candidate', '{"type":"ice","id":"a","candidate":null}'],
    ['no candidate', '{"type":"ice","id":"a"}'],
    [
      'a null candidate behind a good one',
      '{"type":"ice","id":"a","candidate":{"candidate":"c"},"Candidate":null}',
    ],
    ['an unknown user action', '{"type":"useraction","kind":"promote","dest":"x"}'],
    ['an unknown group action', '{"type":"groupaction","kind":"format"}'],
    ['an action of an inherited name', '{"type":"groupaction","kind":"constructor"}'],
    ['a type of an inherited name', '{"type":"__proto__"}'],
    ['a stream that is not there', '{"type":"requestStream","id":"nope","request":["audio"]}'],
    ['a request of a wrong shape', '{"type":"request","request":["audio"]}'],
    ['a request of numbers', '{"type":"request","request":{"":[1]}}'],
    [
      'depth without end',
      `{"type":"usermessage","value":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
    ],
    ['depth without end, in another case', `{"TYPE":"usermessage","value":${'['.repeat(100_000)}`],
  ])('drops %s, says so, and goes on [SFU-10]', async (_what, frame) => {
    expect(await through(frame)).toEqual([])
    await bob.hears({ type: 'usermessage', kind: 'error', privileged: true })
    expect(errors()).toHaveLength(1)
    expect(bob.isOpen()).toBe(true)
  })

  it('closes with 1008 after ten refused messages in a minute [SFU-10]', async () => {
    for (let n = 0; n < 9; n += 1) bob.send({ type: 'sudo' })
    bob.send({ type: 'ping' })
    await eventually(() => expect(ear.messages()).toEqual([{ type: 'ping' }]))
    expect(bob.isOpen()).toBe(true)
    bob.send({ type: 'sudo' })
    expect((await bob.isClosed()).code).toBe(1008)
    expect(errors()).toHaveLength(10)
  })

  it('refuses chat by naming the chat of the channel, however often [SFU-11]', async () => {
    const frames = Array.from({ length: 12 }, () =>
      JSON.stringify({ type: 'chat', value: 'hello' }),
    )
    expect(await through(...frames)).toEqual([])
    expect(String(errors()[0]?.value)).toMatch(/channel's own chat/)
    expect(bob.isOpen()).toBe(true)
  })

  it.each([
    ['request', { type: 'request', request: {} }],
    ['offer', { type: 'offer', id: 'a', sdp: 'v=0' }],
    ['ice', { type: 'ice', id: 'a', candidate: {} }],
    ['usermessage', { type: 'usermessage', kind: 'x' }],
    ['useraction', { type: 'useraction', kind: 'setdata', dest: 'x', value: {} }],
  ])('drops %s before a join [SFU-10]', async (_name, message) => {
    const carol = await bridge.greeted('carol')
    carol.send(message)
    await carol.hears({ type: 'usermessage', kind: 'error' })
    carol.send({ type: 'ping' })
    await eventually(() => expect(ear.messages()).toEqual([{ type: 'ping' }]))
    carol.socket.close()
  })

  it('closes with 1002 when the first message is no handshake [SFU-10]', async () => {
    for (const frame of ['{"type":"ping"}', 'hello', '{"type":"handshake","id":7}']) {
      const carol = bridge.open('carol')
      await carol.opens()
      carol.raw(frame)
      expect((await carol.isClosed()).code).toBe(1002)
    }
    // What comes first is heard first: nothing of theirs was under way.
    expect(await through()).toEqual([])
  })

  it('lets a stream be asked for only while it is there [SFU-10]', async () => {
    const ask = (id: string, request: unknown = ['audio']) =>
      JSON.stringify({ type: 'requestStream', id, request })
    ear.say('{"type":"offer","id":"d1","label":"camera","sdp":"v=0"}')
    await bob.hears({ type: 'offer' })
    expect(await through(ask('d1'))).toEqual([
      { type: 'requestStream', id: 'd1', request: ['audio'] },
    ])
    ear.heard.length = 0
    ear.say('{"type":"offer","id":"d2","replace":"d1","sdp":"v=0"}')
    await bob.hears({ type: 'offer', id: 'd2' })
    expect(await through(ask('d1'), ask('d2', null))).toEqual([
      { type: 'requestStream', id: 'd2', request: null },
    ])
    ear.heard.length = 0
    expect(await through(ask('d2', []), ask('d2'))).toEqual([
      { type: 'requestStream', id: 'd2', request: [] },
    ])
    ear.heard.length = 0
    ear.say('{"type":"offer","id":"d3","sdp":"v=0"}')
    ear.say('{"type":"close","id":"d3"}')
    await bob.hears({ type: 'close', id: 'd3' })
    expect(await through(ask('d3'))).toEqual([])
  })

  it('lets sixteen streams be shown at once, and another when one has ended [SFU-3]', async () => {
    const show = (id: string, replace?: string) =>
      JSON.stringify({ type: 'offer', id, replace, sdp: 'v=0' })
    const shown = async (...frames: string[]) => {
      ear.heard.length = 0
      return (await through(...frames)).map(({ id }) => id)
    }
    const sixteen = Array.from({ length: 16 }, (_, n) => show(`u${n}`))
    expect(await shown(...sixteen, show('u16'), show('u15'))).toHaveLength(17)
    expect(errors()).toHaveLength(1)
    expect(await shown('{"type":"close","id":"u0"}', show('u17'), show('u18'))).toEqual([
      'u0',
      'u17',
    ])
    expect(await shown(show('u19', 'u1'))).toEqual(['u19'])
    ear.say('{"type":"abort","id":"u2"}')
    await bob.hears({ type: 'abort', id: 'u2' })
    expect(await shown(show('u20'), show('u21'))).toEqual(['u20'])
  })

  it("lets nobody take a stream of somebody else's, nor its place [SFU-10]", async () => {
    const alice = await bridge.join('alice')
    const elsewhere = await bridge.join('carol', 'attic')
    alice.send({ type: 'offer', id: 'hers', sdp: 'v=0' })
    elsewhere.send({ type: 'offer', id: 'far', sdp: 'v=0' })
    await eventually(() =>
      expect(
        ear
          .messages()
          .map(({ id }) => id)
          .sort(),
      ).toEqual(['far', 'hers']),
    )
    ear.say('{"type":"offer","id":"device","label":"camera","sdp":"v=0"}')
    await bob.hears({ type: 'offer', id: 'device' })
    ear.heard.length = 0
    const show = (id: string, replace?: string) =>
      JSON.stringify({ type: 'offer', id, replace, sdp: 'v=0' })
    const passed = await through(
      ...[show('hers'), show('device'), show('mine', 'hers'), show('mine')],
      ...[show('next', 'mine'), show('far')],
    )
    expect(passed.map(({ id, replace }) => [id, replace])).toEqual([
      ...[
        ['mine', undefined],
        ['mine', undefined],
        ['next', 'mine'],
        ['far', undefined],
      ],
    ])
    expect(errors()).toHaveLength(2)
    alice.socket.close()
    elsewhere.socket.close()
  })

  it('passes everything from the call server in order and byte for byte [SFU-13]', async () => {
    const said = [
      '{"type":"chat","kind":"","id":"a","source":"x","username":"y","value":"<b>"}',
      '{"type":"chathistory","id":"b","value":"\\u003cb\\u003e"}',
      '{"type":"joined","kind":"change","group":"garden","status":{"name":"garden","locked":true,"clientCount":7},"rtcConfiguration":{"iceServers":[{"urls":["turn:x"],"credential":"c"}]}}',
      '{"type":"user","kind":"add","id":"z","username":"RECORDING","permissions":["system"]}',
      '{ "strange" : [1, 2.50, 1e3], "type":"of something new" }',
      '{"type":"ping"}',
      `{"type":"offer","id":"d9","sdp":"${'x'.repeat(300_000)}"}`,
    ]
    const before = bob.frames.length
    for (const frame of said) ear.say(frame)
    await bob.hears({ type: 'offer', id: 'd9' })
    expect(bob.frames.slice(before)).toEqual(said)
    expect(bridge.sfu.groupState('garden')).toEqual({ locked: true, recording: true })
    ear.say('{"type":"user","kind":"delete","id":"z","username":"RECORDING"}')
    await eventually(() => expect(bridge.sfu.groupState('garden').recording).toBe(false))
  })
})

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
