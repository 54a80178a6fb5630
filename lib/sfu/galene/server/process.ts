import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import type { Log } from '../../../platform/log.ts'
import { createChildLog } from './child-log.ts'
import { endLeftover, forgetPid, rememberPid } from './pid-file.ts'

/** How to run one SFU: what it is called in our log, the command, and its arguments once a port is known. */
export type Command = {
  name: string
  command: string
  args: (port: number) => string[]
  environment: NodeJS.ProcessEnv
  /** It ends by itself when its standard input does. */
  watchesStdin: boolean
}

export type ProcessNeeds = {
  run: Command
  log: Log
  pidFile: string
  /** Does the SFU at this URL answer? */
  check: (url: string) => Promise<boolean>
  /** The child ended, or was ended because it no longer answered. */
  gone: () => void
  /** A new child answers. */
  up: () => void
}

const FIRST_BACK_OFF_MS = 100
const LONGEST_BACK_OFF_MS = 10_000
/** A child that lived this long was well: the next back-off begins anew. */
const WELL_AFTER_MS = 30_000
const START_MS = 10_000
const LOOK_EVERY_MS = 50
const STOP_MS = 3_000

/** A port of loopback that nobody listens on now. */
export const freePort = (): Promise<number> =>
  new Promise((done, fail) => {
    const probe = createServer()
    probe.on('error', fail)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => done(typeof address === 'object' && address ? address.port : 0))
    })
  })

/**
 * Runs an SFU on a free loopback port as a child: waits until it answers, writes its lines to our log, starts it again with
 * back-off when it ends, and stops it with us. A child left behind by a killed Pyrite is ended at the next start, by its pid file.
 */
export class SfuProcess {
  private readonly needs: ProcessNeeds
  private child: ChildProcess | undefined
  private port = 0
  private startedAt = 0
  private isStopping = false
  private timer: NodeJS.Timeout | undefined
  private backOffMs = FIRST_BACK_OFF_MS

  constructor(needs: ProcessNeeds) {
    this.needs = needs
  }

  url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  pid(): number | undefined {
    return this.child?.pid
  }

  /** Resolves when the first child answers, or has failed to for ten seconds; then it is tried on. */
  async start(): Promise<void> {
    endLeftover(this.needs.pidFile, this.needs.run.command, this.needs.log)
    await this.launch()
  }

  /** Ends a child that lives but no longer answers; a new one follows. */
  replace(): void {
    this.needs.log.warn({ pid: this.pid() }, 'the SFU no longer answers; it is replaced')
    this.child?.kill('SIGKILL')
  }

  /** Ends the child, by force after three seconds. */
  async stop(): Promise<void> {
    this.isStopping = true
    clearTimeout(this.timer)
    const last = this.child
    if (!last || last.exitCode !== null || last.signalCode !== null) return
    const exited = new Promise((done) => last.once('exit', done))
    last.kill('SIGTERM')
    const force = setTimeout(() => last.kill('SIGKILL'), STOP_MS)
    await exited
    clearTimeout(force)
    forgetPid(this.needs.pidFile, this.needs.log)
  }

  private async launch(): Promise<void> {
    try {
      this.port = await freePort()
      if (this.isStopping) return
      await this.untilUp(this.spawn())
    } catch (error) {
      this.needs.log.error({ err: error }, 'the SFU could not be started')
      this.launchLater()
    }
  }

  private launchLater() {
    if (this.isStopping) return
    this.timer = setTimeout(() => void this.launch(), this.backOffMs)
    this.backOffMs = Math.min(this.backOffMs * 2, LONGEST_BACK_OFF_MS)
  }

  private spawn(): ChildProcess {
    const { run, pidFile, log } = this.needs
    const child = spawn(run.command, run.args(this.port), {
      stdio: [run.watchesStdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
      env: run.environment,
    })
    this.child = child
    this.startedAt = performance.now()
    child.on('error', (error) => this.ended(child, error.message))
    child.on('exit', (code, signal) => this.ended(child, signal ?? code))
    // A child that ends while its input is open: its exit is what counts.
    child.stdin?.on('error', () => undefined)
    if (child.pid !== undefined) rememberPid(pidFile, child.pid, log)
    for (const input of [child.stdout, child.stderr]) {
      if (input) createInterface({ input }).on('line', createChildLog(log, run.name))
    }
    return child
  }

  private ended(child: ChildProcess, why: unknown) {
    if (this.child !== child) return
    this.child = undefined
    forgetPid(this.needs.pidFile, this.needs.log)
    if (this.isStopping) return
    if (performance.now() - this.startedAt > WELL_AFTER_MS) this.backOffMs = FIRST_BACK_OFF_MS
    this.needs.log.warn({ why, retryInMs: this.backOffMs }, 'the SFU ended; it is started again')
    this.needs.gone()
    this.launchLater()
  }

  private async untilUp(child: ChildProcess): Promise<void> {
    const until = performance.now() + START_MS
    while (this.child === child && !this.isStopping) {
      if (await this.needs.check(this.url())) {
        this.needs.log.info({ pid: child.pid, port: this.port }, 'the SFU answers')
        return this.needs.up()
      }
      if (performance.now() > until) {
        this.needs.log.error({ pid: child.pid }, 'the SFU does not answer after its start')
        child.kill('SIGKILL')
        return
      }
      await pause(LOOK_EVERY_MS)
    }
  }
}
