import { resolve } from 'node:path'
import { asOneLine } from '../protocol/line.ts'

export type Environment = Record<string, string | undefined>

/** Writes a line, or several, for the person who runs the command: whoever chose the names in it, their terminal does nothing else. */
export const say = (text = ''): void => {
  process.stdout.write(`${text.split('\n').map(asOneLine).join('\n')}\n`)
}

/** A mistake of the person who runs the command: the sentence is all they need. */
export class UsageError extends Error {}

/** Where the configuration lies: config.toml in the current folder, or what PYRITE_CONFIG names. */
export const configPath = (environment: Environment): string =>
  resolve(environment.PYRITE_CONFIG ?? 'config.toml')
