import type { Agent, ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import httpProxy from 'http-proxy'
import { PyriteError } from '../errors.ts'

export type ProxyTarget = {
  /** The whole address, path included. */
  url: string
  agent: Agent
  /** All headers that go there: nothing of the caller's does unless it is among them. */
  headers: Record<string, string>
  /** What is sent; without it, nothing. */
  body?: Buffer
  /** How long the other side may take to begin its answer. Milliseconds. */
  answerMs: number
}

/** How long the whole of a short answer may take, in milliseconds. */
const READ_MS = 10_000

const noAnswer = (cause?: unknown) =>
  new PyriteError('calls.no-answer', 'the call server does not answer', { cause })

/**
 * Nothing in http-proxy hears these: without a listener the process would end. An answer that has not begun can still become
 * another one.
 */
const endTogether = (answer: IncomingMessage, response: ServerResponse) => {
  const cutOff = () => {
    if (response.headersSent) response.destroy()
  }
  answer.on('error', cutOff)
  answer.on('aborted', cutOff)
  response.on('error', () => answer.destroy())
}

/**
 * Carries one HTTP request to a server behind us, by http-proxy, and answers once the headers of its answer are here. What of it
 * passes is the caller's to decide. Throws `calls.no-answer`. Whichever side goes away, at whatever moment, the other is let go of,
 * and the process lives: http-proxy 1.18 listens to neither a reset in the middle of an answer nor a caller who hangs up.
 */
export const sendOn = (
  request: IncomingMessage,
  response: ServerResponse,
  { url, agent, headers, body = Buffer.alloc(0), answerMs }: ProxyTarget,
): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    // One for each request, so that its listeners hear of no other.
    const proxy = httpProxy.createProxyServer()
    const timer = setTimeout(() => fail(), answerMs)
    let upstream: ClientRequest | undefined
    const fail = (cause?: unknown) => {
      clearTimeout(timer)
      upstream?.destroy()
      reject(noAnswer(cause))
    }
    proxy.on('proxyReq', (started) => {
      upstream = started
      upstream.once('close', () => fail())
    })
    proxy.on('proxyRes', (answer) => {
      clearTimeout(timer)
      // A caller who reads slowly keeps the other side silent as well.
      upstream?.setTimeout(0)
      endTogether(answer, response)
      resolve(answer)
    })
    proxy.on('econnreset', fail)
    response.once('close', () => fail())
    request.headers = { ...headers, 'content-length': String(body.length) }
    proxy.web(
      request,
      response,
      {
        ...{ target: url, agent, proxyTimeout: answerMs },
        ...{ selfHandleResponse: true, ignorePath: true },
        buffer: Readable.from(body.length > 0 ? [body] : []),
      },
      fail,
    )
  })

/** The whole of an answer. Throws `calls.no-answer` where it ends early or is larger than `maxBytes`. */
export const readWhole = async (answer: IncomingMessage, maxBytes: number): Promise<Buffer> => {
  const parts: Buffer[] = []
  let bytes = 0
  const timer = setTimeout(() => answer.destroy(), READ_MS)
  try {
    for await (const part of answer) {
      parts.push(part as Buffer)
      bytes += (part as Buffer).length
      if (bytes > maxBytes) throw new Error('the answer is too large')
    }
  } catch (error) {
    answer.destroy()
    throw noAnswer(error)
  } finally {
    clearTimeout(timer)
  }
  return Buffer.concat(parts)
}
