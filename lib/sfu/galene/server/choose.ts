import { accessSync, constants, mkdirSync } from 'node:fs'
import { devNull } from 'node:os'
import { delimiter, join } from 'node:path'
import type { Config } from '../../../platform/config/schema.ts'
import type { SfuHealth } from '../../sfu.ts'
import type { Command } from './process.ts'

/** Which SFU carries calls: one that runs elsewhere, or a command that is run as a child. */
export type Choice = { kind: SfuHealth['kind']; description: string } & (
  | { url: string }
  | { run: Command }
)

export type ChooseNeeds = {
  config: Config
  /** How to run `pyrite sfu`, up to and with that word. */
  builtinCommand: { command: string; args: string[] }
  environment: NodeJS.ProcessEnv
}

export const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    // Not there, or not to be run: both mean no.
    return false
  }
}

/** The full path of a program: as named where it has a slash, else from the PATH. */
const findProgram = (name: string, path = ''): string | undefined => {
  const candidates = name.includes('/')
    ? [name]
    : path.split(delimiter).map((folder) => join(folder || '.', name))
  return candidates.find(isExecutable)
}

/** Galene needs none of our settings, and must not see our secrets. */
const withoutOurs = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('PYRITE_')))

const asVariables = (section: string, values: Record<string, unknown>): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => value !== '')
      .map(([key, value]) => [`PYRITE_${section}_${key}`.toUpperCase(), String(value)]),
  )

/** The settings of the built-in SFU, as its own process reads them, and no file: no secret is among them. */
const builtinSettings = ({ builtin: settings, sfu, log }: Config): NodeJS.ProcessEnv => {
  const { messages_per_second, messages_burst, max_frame_bytes } = sfu
  return {
    PYRITE_CONFIG: devNull,
    ...asVariables('builtin', settings),
    ...asVariables('sfu', { messages_per_second, messages_burst, max_frame_bytes }),
    ...asVariables('log', { level: log.level, format: 'json' }),
  }
}

const galene = (program: string, needs: ChooseNeeds): Choice => {
  const { data_dir, groups_dir } = needs.config.sfu
  const folder = (name: string) => join(data_dir, name)
  const args = (port: number) => {
    // Newer versions do not start without a folder for static files.
    mkdirSync(folder('static'), { recursive: true })
    return [
      ...['-insecure', '-http', `127.0.0.1:${port}`, '-turn', ''],
      ...['-groups', groups_dir, '-data', data_dir],
      ...['-recordings', folder('recordings'), '-static', folder('static')],
    ]
  }
  return {
    kind: 'child',
    description: `Galene (${program}), run by Pyrite`,
    run: {
      name: 'galene',
      command: program,
      args,
      environment: withoutOurs(needs.environment),
      watchesStdin: false,
    },
  }
}

const builtin = (needs: ChooseNeeds): Choice => {
  const { data_dir, groups_dir } = needs.config.sfu
  const { command, args } = needs.builtinCommand
  return {
    kind: 'builtin',
    description: 'the built-in SFU: for trying out and for a handful of people',
    run: {
      name: 'builtin-sfu',
      command,
      args: (port) => [
        ...args,
        ...['--data', data_dir, '--groups', groups_dir, '--listen', `127.0.0.1:${port}`],
        '--stop-with-parent',
      ],
      environment: { ...withoutOurs(needs.environment), ...builtinSettings(needs.config) },
      watchesStdin: true,
    },
  }
}

/** A certificate that is named and never looked at would be a promise that nobody keeps. */
const mustUseCertificate = ({ sfu, galene: { certificate_sha256, ca_file } }: Config): void => {
  if (sfu.url.startsWith('https:') || (certificate_sha256 === '' && ca_file === '')) return
  throw new Error(
    'galene.certificate_sha256 and galene.ca_file are for an https sfu.url: over http nobody proves who they are',
  )
}

/**
 * Product decision 10: the Galene that `sfu.url` names; else a `galene` found here; else the built-in SFU.
 * Throws where `sfu.galene_binary` names a program that is not there, or a certificate is named for an address without one.
 */
export const chooseSfu = (needs: ChooseNeeds): Choice => {
  const { url, galene_binary } = needs.config.sfu
  if (url) {
    mustUseCertificate(needs.config)
    return { kind: 'external', description: `Galene at ${url}`, url: url.replace(/\/+$/, '') }
  }
  if (galene_binary === 'none') return builtin(needs)
  const program = findProgram(galene_binary || 'galene', needs.environment.PATH)
  if (program) return galene(program, needs)
  if (galene_binary) throw new Error(`sfu.galene_binary: there is no program ${galene_binary}`)
  return builtin(needs)
}
