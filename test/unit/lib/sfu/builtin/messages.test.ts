import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PyriteError } from '../../../../../lib/platform/errors.ts'
import {
  readMessage,
  readRequest,
  readStreamRequest,
  writeMessage,
} from '../../../../../lib/sfu/builtin/messages.ts'

test('empty fields are not written, but a value may be anything', () => {
  const message = { type: 'x', id: '', list: [], no: false, nil: null, none: undefined, value: '' }
  expect(writeMessage(message)).toBe('{"type":"x","value":""}')
  expect(writeMessage({ type: 'x', value: null })).toBe('{"type":"x"}')
})

test('keys count in any case, the last of two wins, and null is absent', () => {
  expect(readMessage('{"Type":"a","TYPE":"b"}').type).toBe('b')
  expect(readMessage('{"type":"a","type":"b"}').type).toBe('b')
  expect(readMessage('{"type":"ice","candidate":null,"username":null}')).not.toHaveProperty(
    'candidate',
  )
})

test('what is missing is empty', () => {
  expect(readMessage('{}')).toMatchObject({ type: '', kind: '', id: '', dest: '', noecho: false })
})

test.each([
  '[]',
  '"x"',
  'null',
  '7',
  '{"id":7}',
  '{"data":[]}',
  '{"noecho":"yes"}',
  `{"id":"${'x'.repeat(300)}"}`,
])('%s is malformed', (frame) => {
  expect(() => readMessage(frame)).toThrow(PyriteError)
})

test('a request is a table of words; one stream’s request is words, or nothing', () => {
  expect(readRequest({ '': ['audio'], camera: null })).toEqual(
    new Map([
      ['', ['audio']],
      ['camera', []],
    ]),
  )
  expect(readRequest(undefined)).toEqual(new Map())
  expect(readStreamRequest(undefined)).toBeUndefined()
  expect(readStreamRequest([])).toEqual([])
  const tooMany = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`l${index}`, []]))
  for (const bad of [tooMany, { a: 'audio' }, { a: [1] }, 'audio'])
    expect(() => readRequest(bad)).toThrow(PyriteError)
  expect(() => readStreamRequest('audio')).toThrow(PyriteError)
})

test('any JSON is read or refused as malformed', () => {
  fc.assert(
    fc.property(fc.json(), (frame) => {
      try {
        readMessage(frame)
      } catch (error) {
        expect(error).toBeInstanceOf(PyriteError)
      }
    }),
    { numRuns: 2_000 },
  )
})
