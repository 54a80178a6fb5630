import { describe, expect, it } from 'vitest'
import {
  holdsSomething,
  toRecording,
  typeOf,
} from '../../../../../lib/features/recordings/names.ts'
import { isRecordingName } from '../../../../../lib/sfu/galene/media-http/recording-names.ts'
import { filesOn } from '../../../../../lib/sfu/galene/media-http/recordings-remote.ts'

const local = new Date(2026, 10, 21, 15, 4, 5, 123).toISOString()
const read = (name: string) => {
  const { who, startedAt, playable } = toRecording({ name, size: 1 })
  return { who, startedAt, playable }
}

describe('the name of a recording', () => {
  it.each([
    ['2026-11-21T15:04:05.123-alice.webm', { who: 'alice', startedAt: local, playable: true }],
    ['2026-11-21T15:04:05.123-a.b-c.webm', { who: 'a.b-c', startedAt: local, playable: true }],
    ['2026-11-21T15:04:05.123-alice-01.mkv', { who: 'alice', startedAt: local, playable: false }],
    [
      '2026-11-21T15-04-05-123-OBS (stream).webm',
      { who: 'OBS (stream)', startedAt: local, playable: true },
    ],
    ['2026-11-21T15:04:05.123.webm', { who: '', startedAt: local, playable: true }],
    ['holiday.webm', { who: '', startedAt: null, playable: true }],
    ['2026-99-99T99:99:99-bob.mkv', { who: 'bob', startedAt: expect.anything(), playable: false }],
  ])('%s says so much [REC-3]', (name, expected) => {
    expect(read(name)).toEqual(expected)
  })

  it('decides what a browser takes it for, and nothing else does [REC-4]', () => {
    expect(['a.webm', 'a.mkv', 'a.html', 'webm', ''].map(typeOf)).toEqual([
      'video/webm',
      'video/x-matroska',
      'application/octet-stream',
      'video/webm',
      'application/octet-stream',
    ])
  })

  it.each([
    ...['../a.webm', 'a/b.webm', 'a\\b.webm', '.a.webm', 'a.webm\n', 'a\0.webm', 'a.html', '.webm'],
    ...['a.webm.txt', '', '..', `${'x'.repeat(300)}.webm`, 'a.WEBM'],
  ])('%j is none [REC-5]', (name) => {
    expect(isRecordingName(name)).toBe(false)
  })
})

it('a file that only began is left out', () => {
  expect([240, 1_100, 24_000].map((size) => holdsSomething({ size }))).toEqual([false, false, true])
})

it('Galene’s page is read for names and sizes, whatever people are called [REC-5]', () => {
  const row = (name: string, size: string) =>
    `<tr><td><a href="./${name}">${name}</a></td><td>${size}</td><td><form action="x"></form></td></tr>\n`
  const page = `<!DOCTYPE html>\n<table>\n${row('o&#39;neil &amp; &lt;co&gt;.webm', '70000')}${row('notes.txt', '3')}${row('../up.webm', '3')}${row('a.webm', 'x')}</table>`
  expect(filesOn(page)).toEqual([{ name: "o'neil & <co>.webm", size: 70_000 }])
})
