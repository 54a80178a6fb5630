import { describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { errorsIn, through, useHeardCall } from '../support/heard-call.ts'

describe('the streams of a call', () => {
  const call = useHeardCall()

  it('lets a stream be asked for only while it is there [SFU-10]', async () => {
    const ask = (id: string, request: unknown = ['audio']) =>
      JSON.stringify({ type: 'requestStream', id, request })
    call.ear.say('{"type":"offer","id":"d1","label":"camera","sdp":"v=0"}')
    await call.bob.hears({ type: 'offer' })
    expect(await through(call, ask('d1'))).toEqual([
      { type: 'requestStream', id: 'd1', request: ['audio'] },
    ])
    call.ear.heard.length = 0
    call.ear.say('{"type":"offer","id":"d2","replace":"d1","sdp":"v=0"}')
    await call.bob.hears({ type: 'offer', id: 'd2' })
    expect(await through(call, ask('d1'), ask('d2', null))).toEqual([
      { type: 'requestStream', id: 'd2', request: null },
    ])
    call.ear.heard.length = 0
    expect(await through(call, ask('d2', []), ask('d2'))).toEqual([
      { type: 'requestStream', id: 'd2', request: [] },
    ])
    call.ear.heard.length = 0
    call.ear.say('{"type":"offer","id":"d3","sdp":"v=0"}')
    call.ear.say('{"type":"close","id":"d3"}')
    await call.bob.hears({ type: 'close', id: 'd3' })
    expect(await through(call, ask('d3'))).toEqual([])
  })

  it('lets sixteen streams be shown at once, and another when one has ended [SFU-3]', async () => {
    const show = (id: string, replace?: string) =>
      JSON.stringify({ type: 'offer', id, replace, sdp: 'v=0' })
    const shown = async (...frames: string[]) => {
      call.ear.heard.length = 0
      return (await through(call, ...frames)).map(({ id }) => id)
    }
    const sixteen = Array.from({ length: 16 }, (_, n) => show(`u${n}`))
    expect(await shown(...sixteen, show('u16'), show('u15'))).toHaveLength(17)
    expect(errorsIn(call)).toHaveLength(1)
    expect(await shown('{"type":"close","id":"u0"}', show('u17'), show('u18'))).toEqual([
      'u0',
      'u17',
    ])
    expect(await shown(show('u19', 'u1'))).toEqual(['u19'])
    call.ear.say('{"type":"abort","id":"u2"}')
    await call.bob.hears({ type: 'abort', id: 'u2' })
    expect(await shown(show('u20'), show('u21'))).toEqual(['u20'])
  })

  it("lets nobody take a stream of somebody else's, nor its place [SFU-10]", async () => {
    const alice = await call.bridge.join('alice')
    const elsewhere = await call.bridge.join('carol', 'attic')
    alice.send({ type: 'offer', id: 'hers', sdp: 'v=0' })
    elsewhere.send({ type: 'offer', id: 'far', sdp: 'v=0' })
    await eventually(() =>
      expect(
        call.ear
          .messages()
          .map(({ id }) => id)
          .sort(),
      ).toEqual(['far', 'hers']),
    )
    call.ear.say('{"type":"offer","id":"device","label":"camera","sdp":"v=0"}')
    await call.bob.hears({ type: 'offer', id: 'device' })
    call.ear.heard.length = 0
    const show = (id: string, replace?: string) =>
      JSON.stringify({ type: 'offer', id, replace, sdp: 'v=0' })
    const passed = await through(
      call,
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
    expect(errorsIn(call)).toHaveLength(2)
    alice.socket.close()
    elsewhere.socket.close()
  })
})
