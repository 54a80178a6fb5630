import { isDeepStrictEqual } from 'node:util'
import type { Config } from '../platform/config/schema.ts'
import { hasAllFor } from './moving-obstacle.ts'
import type { Sfu, SfuHealth } from './sfu.ts'

const WORDS = 'Calls move to another call server: joining again.'

/** What new settings came to: people moved; what follows without that did; or nothing was new. */
export type Moved = 'moved' | 'followed' | 'same'

export type MovingNeeds = {
  config: Config
  make: (config: Config) => Sfu
  /** All that `make` makes one from: where that is equal, nobody has to move. Throws as `make` does. */
  madeFrom: (config: Config) => { kind: SfuHealth['kind'] }
  /** What one of this kind finds as soon as people come, such as a file of ICE servers. Answers how that is undone. Never rejects. */
  prepare: (config: Config, kind: SfuHealth['kind']) => Promise<() => Promise<void>>
  /** People are about to leave this one for another, which answers now. Never rejects. */
  leave: (before: Sfu) => Promise<void>
  /** What can be known of calls, such as what the call server can do, may be otherwise now. */
  changed: () => void
}

/** The settings that calls follow. */
const followed = ({ sfu, galene, builtin }: Config) => ({ sfu, galene, builtin })

/** What is done to live calls, and who is in them: asked of every call server that carries some. */
const onAll = (all: () => readonly Sfu[]) =>
  ({
    participants: (group) => all().flatMap((sfu) => sfu.participants(group)),
    sessions: () => all().flatMap((sfu) => sfu.sessions()),
    end: (which, reason) => all().reduce((sum, sfu) => sum + sfu.end(which, reason), 0),
    accessChanged(...changed) {
      for (const sfu of all()) sfu.accessChanged(...changed)
    },
    askToMute(which) {
      for (const sfu of all()) sfu.askToMute(which)
    },
    unlock: (group) => all().filter((sfu) => sfu.unlock(group)).length > 0,
  }) satisfies Partial<Sfu>

const busyGroups = (sfu: Sfu): Set<string> => new Set(sfu.participants().map(({ group }) => group))

/** One SFU after another, behind the port of one. */
export class MovingSfu {
  readonly sfu: Sfu
  private readonly needs: MovingNeeds
  private settings: Config
  private made: ReturnType<MovingNeeds['madeFrom']>
  private current: Sfu
  /** The one that people move to, until all of them did. */
  private arriving: Sfu | undefined
  /** The one that people leave, until it has let go of all of them. */
  private leaving: Sfu | undefined
  private isStopped = false
  private turn: Promise<unknown> = Promise.resolve()

  constructor(needs: MovingNeeds) {
    this.needs = needs
    this.settings = needs.config
    this.made = needs.madeFrom(needs.config)
    this.current = needs.make(needs.config)
    const groupsChanged: Sfu['groupsChanged'] = (name) => {
      for (const each of new Set([this.current, this.arriving])) each?.groupsChanged(name)
    }
    const carrying = () => (this.leaving ? [this.current, this.leaving] : [this.current])
    const ours: Partial<Sfu> = { groupsChanged, ...onAll(carrying) }
    this.sfu = new Proxy(this.current, {
      get: (_first, name) => Reflect.get(name in ours ? ours : this.current, name),
    })
  }

  /**
   * Puts these settings in force, one call of this after the other. People move only where the call server is made from others than
   * before: then everybody in a call is told, and joins again by themselves, once. Throws a sentence where the settings cannot work,
   * or the new server does not answer or have the groups of people in calls: then all stays as it is.
   */
  move(to: Config): Promise<Moved> {
    const moved = this.turn.then(() => this.follow(to))
    this.turn = moved.catch(() => undefined)
    return moved
  }

  /** Ends a move that is under way, too. */
  async stop(): Promise<void> {
    this.isStopped = true
    await Promise.all([this.current, this.arriving, this.leaving].map((sfu) => sfu?.stop()))
    await this.turn
    // One that was on its way meanwhile.
    await this.current.stop()
  }

  private mayGoOn() {
    if (this.isStopped) throw new Error('Pyrite is stopping')
  }

  private async follow(to: Config): Promise<Moved> {
    this.mayGoOn()
    const made = this.needs.madeFrom(to)
    const isMove = !isDeepStrictEqual(made, this.made)
    if (!isMove && isDeepStrictEqual(followed(to), followed(this.settings))) return 'same'
    await (isMove ? this.go(to, made.kind) : this.needs.prepare(to, made.kind))
    this.settings = to
    this.made = made
    return isMove ? 'moved' : 'followed'
  }

  private async go(to: Config, kind: SfuHealth['kind']) {
    const undo = await this.needs.prepare(to, kind)
    const isApart = kind === 'external' || this.made.kind === 'external'
    try {
      const next = this.needs.make(to)
      this.arriving = next
      await (isApart ? this.goOver(next) : this.replaceChild(next))
    } catch (error) {
      await undo()
      if (!isApart && this.current === this.arriving) await this.goBack(to, error as Error)
      // The other may have written the same groups, as its settings say.
      this.current.groupsChanged()
      throw error
    } finally {
      this.arriving = undefined
      this.needs.changed()
    }
  }

  private async goOver(next: Sfu) {
    const before = this.current
    await this.startNext(next, () => busyGroups(before))
    await this.leaveFor(next)
  }

  /** Two that Pyrite runs share a folder: the old one ends first. */
  private async replaceChild(next: Sfu) {
    const busy = busyGroups(this.current)
    await this.leaveFor(next)
    await this.startNext(next, () => busy)
  }

  private async startNext(next: Sfu, busy: () => ReadonlySet<string>) {
    try {
      this.mayGoOn()
      await next.start()
      await hasAllFor(next, busy, () => this.mayGoOn())
    } catch (error) {
      await next.stop()
      throw error
    }
  }

  private async leaveFor(next: Sfu) {
    const before = this.current
    this.current = next
    this.leaving = before
    try {
      // Only now: a device that notices comes back at once.
      if (before.origin().url !== next.origin().url) await this.needs.leave(before)
      await before.stop(WORDS)
    } finally {
      this.leaving = undefined
    }
  }

  /** The old one is gone, and the new one does not work: what ran until now runs again. */
  private async goBack(to: Config, { message }: Error) {
    this.mayGoOn()
    this.current = this.madeAgain(to)
    await this.current.start()
    throw new Error(`${message}; calls go on with ${this.current.health().description}`)
  }

  private madeAgain(to: Config): Sfu {
    try {
      return this.needs.make(this.settings)
    } catch {
      // Such as a program that was removed: then the new one is started until it works.
      return this.needs.make(to)
    }
  }
}
