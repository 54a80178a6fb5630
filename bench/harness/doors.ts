import { join } from 'node:path'
import type { Door } from '../load/calls.ts'
import { type Context, newFolder } from './context.ts'
import { findNginx, nginxCommand } from './nginx.ts'
import { ownServer, type Running, start } from './process.ts'
import type { Pyrite } from './pyrite.ts'
import { OURS } from './rows.ts'
import type { Scope } from './scope.ts'

/** A way to the media server, and the process that carries it; direct has none. */
export type Way = { door: Door; carrier?: Running }
export type Ways = Map<string, Way>

export const DIRECT = 'direct'

/** Who the caller is, as a browser says it. */
export const asPerson = (url: string, cookie = ''): Record<string, string> => ({
  cookie,
  origin: url,
})

/** All ways to the SFU at `target`: through Pyrite, nginx, raw pipes, and none of them. */
export const openWays = async (
  { note }: Context,
  scope: Scope,
  target: string,
  pyrite: Pyrite,
): Promise<Ways> => {
  const headers = asPerson(pyrite.url, pyrite.cookies[0])
  const ways: Ways = new Map([
    [DIRECT, { door: { url: target, path: '/ws' } }],
    [OURS, { door: { url: pyrite.url, path: '/sfu', headers }, carrier: pyrite }],
  ])
  const add = (name: string, carrier: Running) =>
    ways.set(name, { door: { url: carrier.url, path: '/ws' }, carrier })
  const nginx = findNginx()
  if (nginx) {
    const folder = join(await newFolder(scope), 'nginx')
    add('nginx', await start(scope, (port) => nginxCommand(nginx, folder, port, target)))
  } else note('nginx is not installed: left out')
  for (const name of ['http-proxy-3', 'http-proxy']) {
    const env = { TARGET: target, KIND: name }
    add(name, await start(scope, ownServer('pipe', env)))
  }
  return ways
}
