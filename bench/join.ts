import { join as joinPath } from 'node:path'
import { newSigningKey } from '../lib/app/secrets.ts'
import { type Benchmark, type Context, newFolder } from './harness/context.ts'
import { DIRECT, openWays } from './harness/doors.ts'
import { startLoad } from './harness/load.ts'
import { type Command, start } from './harness/process.ts'
import { range, startPyrite } from './harness/pyrite.ts'
import { figures, interleave, median } from './harness/rounds.ts'
import { compare, OURS } from './harness/rows.ts'
import { withScope } from './harness/scope.ts'
import { builtinCommand, createMint, findGalene, galeneCommand } from './harness/sfus.ts'

const GROUP = 'call-0'

const sfuCommand = ({ note }: Context, folder: string, groups: string) => {
  const galene = findGalene()
  if (!galene) note('no Galene is installed: joins go to the built-in SFU')
  return (port: number): Command =>
    galene ? galeneCommand(galene, folder, groups, port) : builtinCommand(folder, groups, port)
}

/** From opening the socket to `joined`, through everybody and directly (P9). */
export const join: Benchmark = {
  name: 'join',
  run: (context) =>
    withScope(async (scope) => {
      const folder = await newFolder(scope)
      const groups = joinPath(folder, 'groups')
      const sfu = await start(scope, sfuCommand(context, folder, groups))
      const signingKey = newSigningKey()
      const pyrite = await startPyrite(
        scope,
        { people: 1, channels: [{ slug: GROUP, members: [0] }] },
        { sfu: { url: sfu.url, groups_dir: groups, signing_key: signingKey } },
      )
      const ways = await openWays(context, scope, sfu.url, pyrite)
      const mint = createMint(signingKey)
      const load = startLoad(scope)
      const joins = context.quick ? 10 : 20
      const results = await interleave([...ways.keys()], context.quick ? 2 : 6, async (name) => {
        const tokens =
          name === OURS ? range(joins).map(() => null) : await mint.tokens(joins, GROUP)
        const door = ways.get(name)?.door
        return door ? median(await load('timeJoins', door, GROUP, tokens)) : Number.NaN
      })
      const what = { goal: 'P9', name: 'from opening to joined, p50', unit: 'ms' }
      return [
        compare(
          { ...what, aim: { plus: { [DIRECT]: 2 } } },
          figures(results, (ms) => ms),
        ),
      ]
    }),
}
