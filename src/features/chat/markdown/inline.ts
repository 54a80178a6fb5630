/** Text within a line or paragraph. A string is plain text. */
export type Inline =
  | string
  | { is: 'strong' | 'em' | 'strike'; children: Inline[] }
  | { is: 'code'; text: string }
  | { is: 'link'; href: string; children: Inline[] }
  | { is: 'mention'; username: string }

type Mark = { is: 'strong' | 'em' | 'strike'; char: string; length: number; at: number }

/** Deeper nesting of emphasis stays plain text, so that no message can exhaust the stack of those who read it. */
export const MAX_EMPHASIS_DEPTH = 12

// Each pattern is tried at one place only (sticky) and stops at the first character that may begin another try: no text is read twice.
const LINK =
  /\[([^[\]\n]{1,1000})\]\(((?:https?:\/\/|mailto:)[^\s()<>]{1,2000}(?:\([^\s()<>]{0,200}\))?[^\s()<>]{0,200})\)/iy
const AUTOLINK = /(?:https?:\/\/|mailto:)[^\s<>`]{1,2000}/iy
const MENTION = /@([a-z0-9](?:[a-z0-9._-]{0,30}[a-z0-9])?)/iy
const PLAIN = /[^\\`*_~[@hm]+/y
const TICKS = /`+/y
const isWord = (char: string | undefined) => char !== undefined && /[\p{L}\p{N}_]/u.test(char)
const isSpace = (char: string | undefined) => char === undefined || /\s/.test(char)

const matchAt = (pattern: RegExp, text: string, at: number): RegExpExecArray | null => {
  pattern.lastIndex = at
  return pattern.exec(text)
}

const count = (text: string, char: string) => text.split(char).length - 1

/** A typed address ends before the sentence's punctuation, and before a bracket it did not open. */
const trimmedUrl = (url: string): string => {
  let open = count(url, '(') - count(url, ')')
  let end = url.length
  for (; end > 0; end -= 1) {
    const last = url[end - 1] ?? ''
    if (last === ')' && open < 0) open += 1
    else if (!'.,;:!?\'"*_~]'.includes(last)) break
  }
  return url.slice(0, end)
}

/** Reads one text from left to right. Marks wait on a stack until their partner comes; what finds none is plain text. */
class Reader {
  private readonly text: string
  private readonly links: boolean
  private readonly nodes: Inline[] = []
  private marks: Mark[] = []
  private readonly ticksWithoutPartner = new Set<number>()
  private at = 0

  constructor(text: string, links: boolean) {
    this.text = text
    this.links = links
  }

  read(): Inline[] {
    while (this.at < this.text.length) this.step()
    return joined(this.nodes)
  }

  private step() {
    const plain = matchAt(PLAIN, this.text, this.at)
    if (plain) return this.take(plain[0], plain[0].length)
    const char = this.text[this.at] ?? ''
    const done =
      char === '\\'
        ? this.escape()
        : char === '`'
          ? this.code()
          : '*_~'.includes(char)
            ? this.mark(char)
            : this.reference(char)
    if (!done) this.take(char, 1)
  }

  private take(node: Inline, length: number) {
    this.nodes.push(node)
    this.at += length
    return true
  }

  private escape(): boolean {
    const next = this.text[this.at + 1]
    return next !== undefined && /[!-/:-@[-`{-~]/.test(next) && this.take(next, 2)
  }

  private code(): boolean {
    const ticks = matchAt(TICKS, this.text, this.at)?.[0] ?? '`'
    const from = this.at + ticks.length
    const to = this.ticksWithoutPartner.has(ticks.length)
      ? -1
      : this.closingTicks(from, ticks.length)
    if (to < 0) {
      this.ticksWithoutPartner.add(ticks.length)
      return this.take(ticks, ticks.length)
    }
    const code = this.text.slice(from, to)
    const shown = /^ .*\S.* $/s.test(code) ? code.slice(1, -1) : code
    return this.take({ is: 'code', text: shown }, to + ticks.length - this.at)
  }

  private closingTicks(from: number, length: number): number {
    for (let at = this.text.indexOf('`', from); at >= 0; ) {
      const run = matchAt(TICKS, this.text, at)?.[0].length ?? 1
      if (run === length) return at
      at = this.text.indexOf('`', at + run)
    }
    return -1
  }

  private mark(char: string): boolean {
    let end = this.at
    while (this.text[end] === char) end += 1
    const before = this.text[this.at - 1]
    const after = this.text[end]
    const opens = !isSpace(after) && (char !== '_' || !isWord(before))
    const closes = !isSpace(before) && (char !== '_' || !isWord(after))
    let left = end - this.at
    if (char === '~' && left !== 2) return this.take(this.text.slice(this.at, end), left)
    while (left > 0) {
      const length = (closes && this.close(char, left)) || this.open(char, left, opens)
      this.at += length
      left -= length
    }
    return true
  }

  /** Closes the nearest fitting mark; answers how many characters that used, 0 for none. */
  private close(char: string, left: number): number {
    const index = this.marks.findLastIndex((mark) => mark.char === char && mark.length <= left)
    const mark = this.marks[index]
    if (!mark || mark.at === this.nodes.length - 1) return 0
    this.marks = this.marks.slice(0, index)
    const children = joined(this.nodes.splice(mark.at).slice(1))
    this.nodes.push({ is: mark.is, children })
    return mark.length
  }

  private open(char: string, left: number, opens: boolean): number {
    const length = left >= 2 ? 2 : 1
    const is = char === '~' ? 'strike' : length === 2 ? 'strong' : 'em'
    if (opens && this.marks.length < MAX_EMPHASIS_DEPTH) {
      this.marks.push({ is, char, length, at: this.nodes.length })
    }
    this.nodes.push(char.repeat(length))
    return length
  }

  private reference(char: string): boolean {
    if (char === '@') return this.mention()
    if (!this.links) return false
    return char === '[' ? this.link() : this.autolink()
  }

  private mention(): boolean {
    const found = isWord(this.text[this.at - 1]) ? null : matchAt(MENTION, this.text, this.at)
    const username = found?.[1]?.toLowerCase()
    return !!found && !!username && this.take({ is: 'mention', username }, found[0].length)
  }

  private link(): boolean {
    const found = matchAt(LINK, this.text, this.at)
    const [whole, label, href] = found ?? []
    if (!whole || !label || !href) return false
    return this.take({ is: 'link', href, children: new Reader(label, false).read() }, whole.length)
  }

  private autolink(): boolean {
    const found = isWord(this.text[this.at - 1]) ? null : matchAt(AUTOLINK, this.text, this.at)
    const href = found && trimmedUrl(found[0])
    if (!href || !/^(?:https?:\/\/|mailto:)./i.test(href)) return false
    return this.take({ is: 'link', href, children: [href] }, href.length)
  }
}

/** Neighbouring pieces of plain text as one. */
const joined = (nodes: readonly Inline[]): Inline[] => {
  const out: Inline[] = []
  let text = ''
  const flush = () => {
    if (text !== '') out.push(text)
    text = ''
  }
  for (const node of nodes) {
    if (typeof node === 'string') text += node
    else {
      flush()
      out.push(node)
    }
  }
  flush()
  return out
}

/** Takes linear time and never throws. Links lead to http, https and mailto only. */
export const parseInline = (text: string): Inline[] => new Reader(text, true).read()
