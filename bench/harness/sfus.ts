import { existsSync, mkdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { loadConfig } from '../../lib/platform/config/load.ts'
import { createTokens, type PublicJwk } from '../../lib/sfu/galene/wire/tokens.ts'
import type { Command } from './process.ts'
import { range } from './pyrite.ts'

/** A real Galene: the first of GALENE_BINARIES, or the one on the PATH. Undefined where there is none. */
export const findGalene = (): string | undefined => {
  const { GALENE_BINARIES = '', PATH = '' } = process.env
  const named = GALENE_BINARIES.split(delimiter).filter((path) => path !== '')
  const onPath = PATH.split(delimiter).map((folder) => join(folder, 'galene'))
  return [...named, ...onPath].find((path) => existsSync(path))
}

/** How Galene is run on a folder of groups, on loopback and without its TURN server. */
export const galeneCommand = (
  binary: string,
  folder: string,
  groups: string,
  port: number,
): Command => {
  mkdirSync(groups, { recursive: true })
  const data = join(folder, `data-${port}`)
  mkdirSync(data, { recursive: true })
  return {
    command: binary,
    args: [
      ...['-insecure', '-http', `127.0.0.1:${port}`, '-turn', ''],
      ...['-data', data, '-groups', groups],
    ],
  }
}

const SERVER = join(import.meta.dirname, '../../dist/server/main.mjs')

/** How the built-in SFU is run by itself, on the machine's own address as Galene uses it. */
export const builtinCommand = (folder: string, groups: string, port: number): Command => {
  mkdirSync(groups, { recursive: true })
  return {
    command: process.execPath,
    args: [SERVER, 'sfu', '--groups', groups, '--data', folder, '--listen', `127.0.0.1:${port}`],
    env: {
      PYRITE_CONFIG: join(folder, 'none.toml'),
      PYRITE_BUILTIN_MAX_STREAMS: '2000',
      PYRITE_LOG_LEVEL: 'warn',
    },
  }
}

/** Makes the tokens that Pyrite would make with this key, for those who go past it. */
export type Mint = { jwk: PublicJwk; tokens(count: number, group: string): Promise<string[]> }

export const createMint = (signingKey: string): Mint => {
  const { sfu } = loadConfig('none.toml', { PYRITE_SFU_SIGNING_KEY: signingKey })
  const { jwk, sign } = createTokens({ config: sfu, now: () => new Date() })
  return {
    jwk,
    tokens: (count, group) =>
      Promise.all(
        range(count).map((person) =>
          sign({ username: `user-${person}`, group, role: 'member', recording: false }),
        ),
      ),
  }
}
