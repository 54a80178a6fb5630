import { type Inline, parseInline } from './inline.ts'

/** A message as it is drawn. Line breaks within text are kept. */
export type Block =
  | { is: 'text'; children: Inline[] }
  | { is: 'code'; text: string }
  | { is: 'quote'; blocks: Block[] }
  | { is: 'list'; start: number | undefined; items: Block[][] }

/** Quotes and lists within each other, deeper than anybody means it, stay plain text. */
export const MAX_BLOCK_DEPTH = 6

const FENCE = /^ {0,3}```([^`]*)$/
const QUOTE = /^ {0,3}> ?/
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)]) +(?=\S)/

type Lines = { all: readonly string[]; at: number }

const takeWhile = (lines: Lines, fits: (line: string) => boolean): string[] => {
  const from = lines.at
  while (lines.at < lines.all.length && fits(lines.all[lines.at] ?? '')) lines.at += 1
  return lines.all.slice(from, lines.at)
}

const code = (lines: Lines): Block => {
  lines.at += 1
  const text = takeWhile(lines, (line) => !/^ {0,3}```\s*$/.test(line)).join('\n')
  lines.at += 1
  return { is: 'code', text }
}

const quote = (lines: Lines, depth: number): Block => {
  const inner = takeWhile(lines, (line) => QUOTE.test(line)).map((line) => line.replace(QUOTE, ''))
  return { is: 'quote', blocks: parse(inner, depth + 1) }
}

const isOrdered = (marker: string) => /\d/.test(marker)

const list = (lines: Lines, depth: number): Block => {
  const first = ITEM.exec(lines.all[lines.at] ?? '')?.[2] ?? '-'
  const items: Block[][] = []
  for (;;) {
    const line = lines.all[lines.at]
    const item = line === undefined ? null : ITEM.exec(line)
    if (!item || line === undefined || isOrdered(item[2] ?? '') !== isOrdered(first)) break
    lines.at += 1
    const rest = takeWhile(lines, (next) => /^(?: {2}|\t)/.test(next))
    const inner = [
      line.slice(item[0].length),
      ...rest.map((next) => next.replace(/^(?:\t| {2,4})/, '')),
    ]
    items.push(parse(inner, depth + 1))
  }
  return { is: 'list', start: isOrdered(first) ? Number.parseInt(first, 10) : undefined, items }
}

const isPlain = (line: string) => !FENCE.test(line) && !QUOTE.test(line) && !ITEM.test(line)

const text = (lines: Lines, fits: (line: string) => boolean): Block | undefined => {
  const plain = takeWhile(lines, fits)
    .join('\n')
    .replace(/^\n+|\n+$/g, '')
  return plain === '' ? undefined : { is: 'text', children: parseInline(plain) }
}

const block = (lines: Lines, depth: number): Block | undefined => {
  const line = lines.all[lines.at] ?? ''
  if (FENCE.test(line)) return code(lines)
  if (depth >= MAX_BLOCK_DEPTH) return text(lines, (next) => !FENCE.test(next))
  if (QUOTE.test(line)) return quote(lines, depth)
  if (ITEM.test(line)) return list(lines, depth)
  return text(lines, isPlain)
}

const parse = (all: readonly string[], depth: number): Block[] => {
  const lines: Lines = { all, at: 0 }
  const blocks: Block[] = []
  while (lines.at < all.length) {
    const next = block(lines, depth)
    if (next) blocks.push(next)
  }
  return blocks
}

/** Reads the Markdown that messages may hold: bold, italic, strike, code, quotes, lists, links, mentions. Linear time; never throws. */
export const parseMarkdown = (markdown: string): Block[] => parse(markdown.split(/\r\n?|\n/), 0)
