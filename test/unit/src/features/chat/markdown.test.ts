import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Block, parseMarkdown } from '../../../../../src/features/chat/markdown/blocks.ts'
import type { Inline } from '../../../../../src/features/chat/markdown/inline.ts'

const inline = (text: string): Inline[] => {
  const [block, ...more] = parseMarkdown(text)
  expect(more).toEqual([])
  return block?.is === 'text' ? block.children : []
}

describe('what people write', () => {
  it.each<[string, Inline[]]>([
    ['plain', ['plain']],
    ['a **bold** b', ['a ', { is: 'strong', children: ['bold'] }, ' b']],
    ['*it* and _it_', [{ is: 'em', children: ['it'] }, ' and ', { is: 'em', children: ['it'] }]],
    ['~~gone~~', [{ is: 'strike', children: ['gone'] }]],
    ['***both***', [{ is: 'strong', children: [{ is: 'em', children: ['both'] }] }]],
    ['`a *b* c`', [{ is: 'code', text: 'a *b* c' }]],
    ['`` a`b ``', [{ is: 'code', text: 'a`b' }]],
    ['snake_case_name 2 * 3 * 4', ['snake_case_name 2 * 3 * 4']],
    ['\\*not\\*', ['*not*']],
    ['open **never closed', ['open **never closed']],
    ['~one~', ['~one~']],
    ['hi @alice.', ['hi ', { is: 'mention', username: 'alice' }, '.']],
    ['mail@example.org', ['mail@example.org']],
    [
      '[the *docs*](https://example.org/a_(b))',
      [
        {
          is: 'link',
          href: 'https://example.org/a_(b)',
          children: ['the ', { is: 'em', children: ['docs'] }],
        },
      ],
    ],
    [
      '(see https://example.org/x).',
      [
        '(see ',
        { is: 'link', href: 'https://example.org/x', children: ['https://example.org/x'] },
        ').',
      ],
    ],
    ['two\nlines', ['two\nlines']],
  ])('reads %j', (text, expected) => {
    expect(inline(text)).toEqual(expected)
  })

  it.each([
    '[x](javascript:alert(1))',
    '[x](JaVaScRiPt:alert(1))',
    '[x](data:text/html,hi)',
    '[x](//example.org)',
    '[x](/sign-out)',
    'javascript:alert(1)',
    'mailto:*',
    '<img src=x onerror=alert(1)>',
    '<https://',
  ])('leaves %j as plain text', (text) => {
    expect(inline(text)).toEqual([text])
  })

  it('reads quotes, lists and code blocks, and the lines between them', () => {
    const text = 'a\n> q\n> - x\n- one\n  more\n- two\n3. three\n```js\nlet *a*\n\n```\nend'
    expect(parseMarkdown(text)).toEqual([
      { is: 'text', children: ['a'] },
      {
        is: 'quote',
        blocks: [
          { is: 'text', children: ['q'] },
          { is: 'list', start: undefined, items: [[{ is: 'text', children: ['x'] }]] },
        ],
      },
      {
        is: 'list',
        start: undefined,
        items: [[{ is: 'text', children: ['one\nmore'] }], [{ is: 'text', children: ['two'] }]],
      },
      { is: 'list', start: 3, items: [[{ is: 'text', children: ['three'] }]] },
      { is: 'code', text: 'let *a*\n' },
      { is: 'text', children: ['end'] },
    ])
  })

  it('takes an unclosed code block to the end', () => {
    expect(parseMarkdown('```\na\nb')).toEqual([{ is: 'code', text: 'a\nb' }])
  })
})

const children = (node: Inline | Block): (Inline | Block)[] => {
  if (typeof node === 'string') return []
  if ('children' in node) return node.children
  if (node.is === 'quote') return node.blocks
  return node.is === 'list' ? node.items.flat() : []
}
const depthOf = (nodes: readonly (Inline | Block)[]): number =>
  nodes.reduce((deepest, node) => Math.max(deepest, 1 + depthOf(children(node))), 0)
const hrefsIn = (nodes: readonly (Inline | Block)[]): string[] =>
  nodes.flatMap((node) => [
    ...(typeof node === 'object' && node.is === 'link' ? [node.href] : []),
    ...hrefsIn(children(node)),
  ])

describe('what attackers write', () => {
  const piece = fc.constantFrom(
    ...'* ** *** _ __ ~~ ` `` ``` > >> - + 1. [ ] ( ) ]( \\ @ @bob http:// https://a mailto: javascript: < > a b \n \t'.split(
      ' ',
    ),
    ' ',
    '  ',
    '\n',
    '\n\n',
    '\u202e',
    '\u0000',
  )
  const hostile = fc.array(piece, { maxLength: 400 }).map((pieces) => pieces.join(''))

  it('never throws, nests only so deep, and links nowhere but to http, https and mailto', () => {
    fc.assert(
      fc.property(fc.oneof(hostile, fc.string({ unit: 'binary', maxLength: 2_000 })), (text) => {
        const blocks = parseMarkdown(text)
        expect(depthOf(blocks)).toBeLessThan(40)
        for (const href of hrefsIn(blocks)) expect(href).toMatch(/^(?:https?:\/\/|mailto:)/i)
      }),
      { numRuns: 3_000 },
    )
  })

  it.each([
    '>',
    '> ',
    '- ',
    '  - ',
    '*',
    '**',
    '*a ',
    '_a_',
    '**a*',
    '`',
    '` ``',
    '[',
    '[a](',
    '[a](http://x',
    '~~',
    '~~a ',
    '@a',
    'http://a',
    'http://(',
    'http://a)',
    '\\',
    '*_',
    '**_',
    '1. ',
    '\n',
    '\n>',
    '\n- ',
    'h',
    'mailto:',
  ])('reads 10,000 characters of %j in far less than the time of anything quadratic', (unit) => {
    for (const text of [
      unit.repeat(10_000 / unit.length),
      `${unit.repeat(5_000 / unit.length)}a${[...unit]
        .reverse()
        .join('')
        .repeat(5_000 / unit.length)}`,
    ]) {
      const before = process.cpuUsage()
      parseMarkdown(text)
      const { user, system } = process.cpuUsage(before)
      expect(user + system).toBeLessThan(500_000)
    }
  })
})
