import { expect, test } from 'vitest'
import { createLog } from '../../../../../../lib/platform/log.ts'
import { createChildLog } from '../../../../../../lib/sfu/galene/server/child-log.ts'

/** What our log holds after the child printed these lines. */
const logged = (lines: string[], level = 'debug') => {
  const written: Record<string, unknown>[] = []
  const log = createLog(level, { write: (line) => written.push(JSON.parse(line)) })
  for (const line of lines) createChildLog(log, 'builtin-sfu')(line)
  return written
}

test('a line of a child’s logger keeps its level, sentence and fields, and says whose it is', () => {
  const line =
    '{"level":40,"time":"2020-01-01T00:00:00.000Z","pid":7,"err":{"type":"Error","message":"no"},"msg":"a callback failed"}'
  const [entry, ...more] = logged([line])
  expect(more).toEqual([])
  expect(entry).toMatchObject({
    level: 40,
    child: 'builtin-sfu',
    err: { type: 'Error', message: 'no' },
    msg: 'a callback failed',
  })
  expect(entry).not.toHaveProperty('pid')
  expect(entry?.time).not.toContain('2020')
})

test.each([
  [-1, 10],
  [10, 10],
  [20, 20],
  [35, 30],
  [50, 50],
  [60, 60],
  [1e9, 60],
])('a child’s line at level %i stands at %i in our log', (level, ours) => {
  expect(logged([JSON.stringify({ level, msg: 'x' })], 'trace')).toMatchObject([{ level: ours }])
})

test('a child’s line below our own level is left out', () => {
  expect(logged(['{"level":20,"msg":"x"}'], 'info')).toEqual([])
})

test('secrets in a child’s line are cut out as in our own', () => {
  const line = '{"level":30,"msg":"x","sdp":"v=0","each":{"token":"abc"}}'
  expect(logged([line])[0]).toMatchObject({ sdp: '[redacted]', each: { token: '[redacted]' } })
})

test.each([
  '2026/01/01 00:00:00 Couldn’t listen',
  '{"level":30}',
  '{"msg":"no level"}',
  '{ not json',
  '',
])('other text is a line at info, as it is: %s', (line) => {
  expect(logged([line])).toMatchObject([{ level: 30, line, msg: 'builtin-sfu' }])
})

test('what Galene says of a candidate that it cannot read is not repeated [SFU-18]', () => {
  const line =
    '2026/11/21 19:32:21 ICE: failed to parse component: invalid digit token: S in 1 S udp 1 198.51.100.7 9 typ host'
  expect(logged([line])).toMatchObject([{ line: '2026/11/21 19:32:21 ICE: [redacted]' }])
})
