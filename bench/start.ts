import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { get } from 'node:http'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import SQLite from 'better-sqlite3'
import { type Benchmark, newFolder } from './harness/context.ts'
import { type Command, freePort } from './harness/process.ts'
import { prepareDatabase, range, serveCommand } from './harness/pyrite.ts'
import { figures, interleave } from './harness/rounds.ts'
import { compare, OURS } from './harness/rows.ts'
import type { Scope } from './harness/scope.ts'

const MESSAGES = 1_000_000
const PEOPLE = 100
const CHANNELS = 20

const BARE =
  "require('node:http').createServer((_, answer) => answer.end()).listen(process.env.PORT, '127.0.0.1')"

/** Writes `count` messages of 200 characters, spread over the channels, in one transaction. */
const fill = (path: string, count: number) => {
  const sqlite = new SQLite(path)
  sqlite.pragma('journal_mode = WAL')
  sqlite
    .prepare(
      `with recursive n(i) as (select 0 union all select i + 1 from n where i + 1 < ?)
       insert into messages (id, channelId, seq, rev, authorId, clientId, kind, text, postedAt)
       select printf('m%019d', i), i % ${CHANNELS} + 1, i / ${CHANNELS} + 1, i / ${CHANNELS} + 1,
         'user-' || (i % ${PEOPLE}), printf('c%09d', i), 'text', printf('%0200d', i),
         '2026-01-01T00:00:00.000Z' from n`,
    )
    .run(count)
  sqlite
    .prepare('update channels set lastSeq = ?, lastRev = ?')
    .run(count / CHANNELS, count / CHANNELS)
  sqlite.pragma('wal_checkpoint(truncate)')
  sqlite.close()
}

const prepare = async (scope: Scope, messages: number): Promise<string> => {
  const folder = await newFolder(scope)
  const path = join(folder, 'pyrite.db')
  const channels = range(CHANNELS).map((n) => ({ slug: `room-${n}`, members: range(PEOPLE) }))
  await prepareDatabase(path, { people: PEOPLE, channels })
  if (messages > 0) fill(path, messages)
  return folder
}

const answers = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const request = get({ host: '127.0.0.1', port, path: '/healthz', agent: false }, (response) => {
      response.resume()
      done(response.statusCode === 200)
    })
    request.on('error', () => done(false))
  })

/** Milliseconds from the start of the process until it has answered a request. */
const untilAnswer = async (commandFor: (port: number) => Command): Promise<number> => {
  const port = await freePort()
  const { command, args, env } = commandFor(port)
  const since = performance.now()
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: 'ignore' })
  const ended = once(child, 'exit')
  try {
    while (!(await answers(port))) {
      if (child.exitCode !== null) throw new Error(`${command} ${args.join(' ')} ended at once`)
      await wait(2)
    }
    return performance.now() - since
  } finally {
    child.kill('SIGTERM')
    await ended
  }
}

/** From the start of the process to its first answer, with many messages stored (P16). */
export const start: Benchmark = {
  name: 'start',
  async run({ quick, note }, scope) {
    const messages = quick ? MESSAGES / 10 : MESSAGES
    if (quick) note(`${messages} messages instead of ${MESSAGES}`)
    const full = await prepare(scope, messages)
    const empty = await prepare(scope, 0)
    const contenders = new Map<string, (port: number) => Command>([
      [OURS, (port) => serveCommand(full, {}, port)],
      ['without a message', (port) => serveCommand(empty, {}, port)],
      [
        'bare node:http',
        (port) => ({
          command: process.execPath,
          args: ['-e', BARE],
          env: { PORT: String(port) },
        }),
      ],
    ])
    const results = await interleave([...contenders.keys()], quick ? 2 : 7, async (name) => {
      const commandFor = contenders.get(name)
      return commandFor ? untilAnswer(commandFor) : Number.NaN
    })
    const name = `start to first answer with ${messages} messages`
    return [
      compare(
        { goal: 'P16', name, unit: 'ms', aim: { atMost: 400 } },
        figures(results, (ms) => ms),
      ),
    ]
  },
}
