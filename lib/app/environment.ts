import { resolve } from 'node:path'

export type Environment = Record<string, string | undefined>

/** Writes a line for the person who runs the command. */
export const say = (line = ''): void => {
  process.stdout.write(`${line}\n`)
}

/** A mistake of the person who runs the command: the sentence is all they need. */
export class UsageError extends Error {}

/** Where the configuration lies: config.toml in the current folder, or what PYRITE_CONFIG names. */
export const configPath = (environment: Environment): string =>
  resolve(environment.PYRITE_CONFIG ?? 'config.toml')
