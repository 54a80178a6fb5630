import { describe, expect, it } from 'vitest'
import { CreateChannel, Topic } from '../../../../lib/protocol/channels.ts'
import { asOneLine } from '../../../../lib/protocol/line.ts'
import { ModerationWish } from '../../../../lib/protocol/moderation.ts'
import { DisplayName } from '../../../../lib/protocol/users.ts'

const kick = { kind: 'kick', channelSlug: 'general', userId: 'bob' } as const
const LINES: [string, (text: string) => unknown][] = [
  ['the name of a channel', (name) => CreateChannel.parse({ name }).name],
  ['the topic of a channel', (text) => Topic.parse(text)],
  ['the name of a person', (text) => DisplayName.parse(text)],
  ['a reason', (reason) => ModerationWish.parse({ ...kick, reason }).reason],
]

describe.each(LINES)('%s', (_what, read) => {
  it.each(['a\0b', 'a\nb', 'a\rb', 'a\tb', 'a\u001b[2Jb', 'a\u007fb', 'a\u009bb', 'a\u2028b'])(
    'with a control character in it is refused in words: %j [CH-18]',
    (text) => expect(() => read(text)).toThrow(/control characters and line breaks/),
  )
  it('loses what turns its direction, and half characters [CH-18]', () => {
    expect(read('ab\u202egpj.exe\u202c')).toBe('abgpj.exe')
    expect(read('\u2067x\u2069\u202a \u202b\u202d\u2066\u2068y')).toBe('x y')
    expect(read('cut \ud83d')).toBe('cut \ufffd')
    expect(read(' x\u202e ')).toBe('x')
  })
  it.each([
    '👩‍👩‍👧‍👦',
    '🏴󠁧󠁢󠁥󠁮󠁧󠁿',
    'مرحبا\u200f!',
    'שלום\u200e 1',
    'می\u200cخواهم',
    'क्\u200dष',
    'Café',
    '日本語',
  ])('keeps what people write with: %s [CH-18]', (text) => expect(read(` ${text}\n`)).toBe(text))
})

it.each(['\u200b', '\u202e', '\u2060\u00ad', '\u3164'])(
  'a name has to be seen: %j [CH-18]',
  (text) => {
    expect(() => DisplayName.parse(text)).toThrow()
    expect(() => CreateChannel.parse({ name: text })).toThrow()
  },
)

it('a text of others is printed as one line that moves no cursor', () => {
  expect(asOneLine('a\u001b[2J\n\u202eb\u0085c')).toBe('a [2J b c')
})
