import type { ComponentChildren } from 'preact'
import { useMemo } from 'preact/hooks'
import { type Block, parseMarkdown } from './blocks.ts'
import type { Inline } from './inline.ts'

export type MarkdownProps = {
  text: string
  /** Who a mention means: their name and whether it is me; undefined leaves it plain. */
  mentioned: (username: string) => { name: string; isMe: boolean } | undefined
}
type Mentioned = MarkdownProps['mentioned']

const Mention = ({ username, mentioned }: { username: string; mentioned: Mentioned }) => {
  const person = mentioned(username)
  if (!person) return <>@{username}</>
  return (
    <span class={person.isMe ? 'mention mine' : 'mention'} title={person.name}>
      @{username}
    </span>
  )
}

/** A list has room for its longest number, which would stand on the writer's picture. */
const digitsOf = (number: number): number => String(number).length

const inline = (node: Inline, key: number, mentioned: Mentioned): ComponentChildren => {
  if (typeof node === 'string') return node
  if (node.is === 'code') return <code key={key}>{node.text}</code>
  if (node.is === 'mention') {
    return <Mention key={key} username={node.username} mentioned={mentioned} />
  }
  const children = node.children.map((child, at) => inline(child, at, mentioned))
  if (node.is === 'link') {
    return (
      <a key={key} href={node.href} target="_blank" rel="noopener noreferrer nofollow">
        {children}
      </a>
    )
  }
  const Tag = node.is === 'strike' ? 'del' : node.is
  return <Tag key={key}>{children}</Tag>
}

const block = (node: Block, key: number, mentioned: Mentioned): ComponentChildren => {
  if (node.is === 'code') {
    return (
      <pre key={key}>
        <code>{node.text}</code>
      </pre>
    )
  }
  if (node.is === 'text') {
    return <p key={key}>{node.children.map((child, at) => inline(child, at, mentioned))}</p>
  }
  const blocks = (all: Block[]) => all.map((child, at) => block(child, at, mentioned))
  if (node.is === 'quote') {
    return (
      <blockquote key={key} dir="auto">
        {blocks(node.blocks)}
      </blockquote>
    )
  }
  const items = node.items.map((item, at) => <li key={at}>{blocks(item)}</li>)
  return node.start === undefined ? (
    <ul key={key} dir="auto">
      {items}
    </ul>
  ) : (
    <ol
      key={key}
      dir="auto"
      start={node.start}
      style={{ '--digits': digitsOf(node.start + items.length - 1) }}
    >
      {items}
    </ol>
  )
}

/** Message text, drawn from parsed pieces: no HTML of a message ever reaches the document. */
export const Markdown = ({ text, mentioned }: MarkdownProps) => {
  const blocks = useMemo(() => parseMarkdown(text), [text])
  return <>{blocks.map((node, at) => block(node, at, mentioned))}</>
}
