import { beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { errorsIn, through, useHeardCall } from '../support/heard-call.ts'
import type { Json } from '../support/sfu.ts'

describe('what the call server hears in a call', () => {
  const call = useHeardCall()
  const me = { source: '', username: 'bob' }
  beforeEach(() => {
    me.source = call.bob.id
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
    expect(await through(call, JSON.stringify(strange))).toEqual([expected])
    expect(errorsIn(call)).toEqual([])
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
    expect(await through(call, JSON.stringify(forged), JSON.stringify(sent))).toEqual([
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
    expect(await through(call, frame)).toEqual([{ type: 'usermessage', ...me, ...expected }])
  })

  it('takes binary frames for text, and passes text [SFU-9]', async () => {
    expect(await through(call, Buffer.from('{"type":"usermessage","kind":"é"}'))).toEqual([
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
    const messages = await through(call, frame)
    expect(messages).toEqual([{ type: 'usermessage', kind: 'x', ...me }])
    const raw = call.ear.heard.filter((frame) => !frame.includes('"type":"join"')).join('\n')
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
    ['parts without end', `{"type":"usermessage","value":[${'[],'.repeat(100_000)}1]}`],
    [
      'keys without end',
      `{"type":"useraction","kind":"setdata","value":{${Array.from({ length: 50_000 }, (_, n) => `"${n}":1`).join()}}}`,
    ],
    ['depth without end, in another case', `{"TYPE":"usermessage","value":${'['.repeat(100_000)}`],
  ])('drops %s, says so, and goes on [SFU-10]', async (_what, frame) => {
    expect(await through(call, frame)).toEqual([])
    await call.bob.hears({ type: 'usermessage', kind: 'error', privileged: true })
    expect(errorsIn(call)).toHaveLength(1)
    expect(call.bob.isOpen()).toBe(true)
  })

  it('closes with 1008 after ten refused messages in a minute [SFU-10]', async () => {
    for (let n = 0; n < 9; n += 1) call.bob.send({ type: 'sudo' })
    call.bob.send({ type: 'ping' })
    await eventually(() => expect(call.ear.messages()).toEqual([{ type: 'ping' }]))
    expect(call.bob.isOpen()).toBe(true)
    call.bob.send({ type: 'sudo' })
    expect((await call.bob.isClosed()).code).toBe(1008)
    expect(errorsIn(call)).toHaveLength(10)
  })

  it('refuses chat by naming the chat of the channel, however often [SFU-11]', async () => {
    const frames = Array.from({ length: 12 }, () =>
      JSON.stringify({ type: 'chat', value: 'hello' }),
    )
    expect(await through(call, ...frames)).toEqual([])
    expect(String(errorsIn(call)[0]?.value)).toMatch(/channel's own chat/)
    expect(call.bob.isOpen()).toBe(true)
  })

  it.each([
    ['request', { type: 'request', request: {} }],
    ['offer', { type: 'offer', id: 'a', sdp: 'v=0' }],
    ['ice', { type: 'ice', id: 'a', candidate: {} }],
    ['usermessage', { type: 'usermessage', kind: 'x' }],
    ['useraction', { type: 'useraction', kind: 'setdata', dest: 'x', value: {} }],
  ])('drops %s before a join [SFU-10]', async (_name, message) => {
    const carol = await call.bridge.greeted('carol')
    carol.send(message)
    await carol.hears({ type: 'usermessage', kind: 'error' })
    carol.send({ type: 'ping' })
    await eventually(() => expect(call.ear.messages()).toEqual([{ type: 'ping' }]))
    carol.socket.close()
  })

  it('closes with 1002 when the first message is no handshake [SFU-10]', async () => {
    for (const frame of ['{"type":"ping"}', 'hello', '{"type":"handshake","id":7}']) {
      const carol = call.bridge.open('carol')
      await carol.opens()
      carol.raw(frame)
      expect((await carol.isClosed()).code).toBe(1002)
    }
    // What comes first is heard first: nothing of theirs was under way.
    expect(await through(call)).toEqual([])
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
    const before = call.bob.frames.length
    for (const frame of said) call.ear.say(frame)
    await call.bob.hears({ type: 'offer', id: 'd9' })
    expect(call.bob.frames.slice(before)).toEqual(said)
    expect(call.bridge.sfu.groupState('garden')).toEqual({ locked: true, recording: true })
    call.ear.say('{"type":"user","kind":"delete","id":"z","username":"RECORDING"}')
    await eventually(() => expect(call.bridge.sfu.groupState('garden').recording).toBe(false))
  })
})
