import type { Client } from './client.ts'
import type { Context } from './context.ts'
import { Down } from './down.ts'
import type { Message } from './messages.ts'
import { Refusal, Violation } from './refusals.ts'
import { MustRepublish, Up } from './up.ts'

const MAX_CANDIDATES = 64
/** How long a restarted stream stays up for a page that is about to publish it again. */
const REPUBLISH_MS = 5_000

/** The streams of one client: those it publishes and those it gets. */
export class Streams {
  readonly ups = new Map<string, Up>()
  readonly downs = new Map<string, Down>()
  readonly #client: Client
  readonly #context: Context
  readonly #candidates = new Map<string, number>()
  /** Streams this client turned away; they stay away until its next `request`. */
  readonly #declined = new Set<string>()
  #wants = new Map<string, string[]>()

  constructor(client: Client, context: Context) {
    this.#client = client
    this.#context = context
  }

  /** When the last media packet came on an open link, by performance.now(); undefined without such a link. */
  get heardAt(): number | undefined {
    const links = [...this.ups.values(), ...this.downs.values()].map(({ link }) => link)
    const times = links.flatMap((link) => (link?.isOpen ? [link.heardAt] : []))
    return times.length ? Math.max(...times) : undefined
  }

  /** Replaces the whole subscription table. */
  request(wants: Map<string, string[]>): void {
    this.#wants = wants
    this.#declined.clear()
    for (const other of this.#client.others())
      for (const up of other.streams.ups.values()) this.consider(up)
  }

  /** Overrides the subscription table for one stream. */
  requestStream(id: string, words: string[] | undefined): void {
    const down = this.downs.get(id)
    if (!down) throw new Violation(1011, '')
    down.override = words
    if (words?.length === 0) this.decline(id)
    else this.consider(down.up)
  }

  /** Offers, changes or withdraws somebody's stream, as the subscription table says. */
  consider(up: Up, replaces?: string): void {
    if (up.isClosed) return
    const down = this.downs.get(up.id)
    if (down && down.up !== up) return
    const words = down?.override ?? this.#wants.get(up.label) ?? this.#wants.get('') ?? []
    if (!up.pick(words).length) down?.close(true)
    else if (down) down.apply(words)
    else if (!this.#declined.has(up.id)) this.#subscribe(up, words, replaces)
  }

  /** Turns a stream away; the client is told `close` even when it does not get the stream. */
  decline(id: string): void {
    this.#declined.add(id)
    const down = this.downs.get(id)
    if (down) down.close(true)
    else this.#client.send({ type: 'close', id })
  }

  answer(id: string, sdp: string): void {
    const down = this.downs.get(id)
    if (down) down.answer(sdp)
    else this.#client.send({ type: 'close', id })
  }

  /** Browsers' candidates are not needed, since their own checks find us; they are counted so that a flood is noticed. */
  candidate(id: string): void {
    if (!this.ups.has(id) && !this.downs.has(id)) return
    const count = (this.#candidates.get(id) ?? 0) + 1
    this.#candidates.set(id, count)
    if (count > MAX_CANDIDATES) throw new Refusal('this stream has too many candidates')
  }

  /** Publishes a stream, or renegotiates one. */
  async offer(message: Message): Promise<void> {
    const { id, replace, sdp } = message
    const old = replace && replace !== id ? this.ups.get(replace) : undefined
    const up = this.#admit(message, old)
    if (!up) return
    try {
      const answer = await up.offer(sdp)
      if (up.isClosed) return
      this.#client.send({ type: 'answer', id, sdp: answer })
    } catch (error) {
      return this.#offerFailed(up, error)
    }
    this.#publish(up, old)
  }

  /** Ends all streams, without a word to this client. */
  closeAll(): void {
    for (const up of [...this.ups.values()]) up.close()
    for (const down of [...this.downs.values()]) down.close(false)
  }

  /** Takes back what this client publishes. */
  revoke(): void {
    for (const up of [...this.ups.values()]) this.#abort(up)
  }

  tick(): void {
    for (const up of this.ups.values()) up.tick()
  }

  #admit({ id, label }: Message, old: Up | undefined): Up | undefined {
    const refuse = (why: string): undefined => {
      this.#client.send({ type: 'abort', id })
      this.#client.error(why)
    }
    if (!this.#client.group || !this.#client.permissions.includes('present')) {
      old?.close()
      return refuse('not authorised')
    }
    const known = this.ups.get(id)
    if (known) return known
    if (this.ups.size - (old ? 1 : 0) >= this.#context.options.streamsPerPerson)
      return refuse('you publish as many streams as this server allows')
    const others = this.#client.others()
    if (others.some(({ streams }) => streams.ups.has(id))) return refuse('this stream id is taken')
    const why = this.#context.refuseStream(others.length)
    return why === undefined ? this.#newUp(id, label) : refuse(why)
  }

  #newUp(id: string, label: string): Up {
    const up: Up = new Up({
      owner: this.#client,
      id,
      label,
      codecs: this.#client.group?.description.codecs ?? [],
      engine: this.#context.engine,
      counters: this.#context.counters,
      changed: () => this.#tellOthers(up),
      lost: () => this.#client.send({ type: 'renegotiate', id }),
      failed: (why) => {
        this.#abort(up)
        this.#client.error(why)
      },
      ended: () => {
        this.ups.delete(id)
        this.#candidates.delete(id)
      },
    })
    this.ups.set(id, up)
    return up
  }

  #abort(up: Up): void {
    if (up.isClosed) return
    up.close()
    this.#client.send({ type: 'abort', id: up.id })
  }

  #offerFailed(up: Up, error: unknown): void {
    if (error instanceof MustRepublish) {
      this.#client.send({ type: 'abort', id: up.id })
      up.closeAfter(REPUBLISH_MS)
      return
    }
    this.#abort(up)
    this.#client.error(error instanceof Error ? error.message : 'the offer cannot be used')
  }

  #tellOthers(up: Up): void {
    for (const other of this.#client.others()) other.streams.consider(up)
  }

  /** Offers a stream to everybody who wants it; those who had the one it supersedes are told so. */
  #publish(up: Up, old: Up | undefined): void {
    const before = new Set([...(old?.downs ?? [])].map((down) => down.subscriber))
    old?.close(false)
    for (const other of this.#client.others()) {
      const replaced = old && before.has(other) ? old.id : undefined
      other.streams.consider(up, replaced)
      if (replaced && !other.streams.downs.has(up.id)) other.send({ type: 'close', id: replaced })
    }
  }

  #subscribe(up: Up, words: readonly string[], replaces: string | undefined): void {
    const { counters, options, engine } = this.#context
    if (counters.downs >= options.maxStreams) {
      counters.refusedStreams++
      this.#client.error('this server carries as many streams as it can; one is missing')
      return
    }
    const ended = () => {
      this.downs.delete(up.id)
      this.#candidates.delete(up.id)
    }
    const client = this.#client
    try {
      const needs = { subscriber: client, up, words, replaces, engine, counters, ended }
      this.downs.set(up.id, new Down(needs))
    } catch (error) {
      this.#context.log.error({ err: error }, 'a stream cannot be offered')
      client.error('a stream cannot be sent to you')
    }
  }
}
