import { existsSync, readFileSync } from 'node:fs'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { parse as parseToml, TomlError } from 'smol-toml'
import { nearest } from './nearest.ts'
import { CONFIG, type Config, type Key } from './schema.ts'

/** What is wrong with the configuration, one sentence a line; for people, printed before anything starts. */
export class ConfigError extends Error {
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

type Values = Record<string, Record<string, unknown>>
type Environment = Record<string, string | undefined>
const sections = CONFIG as unknown as Record<string, Record<string, Key>>

/** The environment variable that overrides one key. */
export const variableOf = (section: string, key: string): string =>
  `PYRITE_${section}_${key}`.toUpperCase()

/** Variables that are ours but override no key. */
const OTHER_VARIABLES = new Set(['PYRITE_CONFIG'])

/** Where it is wrong, without the lines around it that the parser shows: they may hold a secret. */
const whyNot = (error: unknown): string => {
  const [why = ''] = (error as Error).message.split('\n')
  return error instanceof TomlError ? `${why.trim()} (line ${error.line})` : why
}

const readFile = (path: string): Values => {
  if (!existsSync(path)) return {}
  try {
    return parseToml(readFileSync(path, 'utf8')) as Values
  } catch (error) {
    throw new ConfigError([`${path} cannot be read: ${whyNot(error)}`])
  }
}

/** Reads a variable as TOML (numbers, true, lists), and as plain text where it is none. */
const fromVariable = (raw: string): unknown => {
  try {
    return parseToml(`value = ${raw}`).value
  } catch {
    // Not TOML: then it is meant as text, such as a path or an address.
    return raw
  }
}

const asType = (key: Key, raw: string): unknown => {
  if (key.type.safeParse(raw).success) return raw
  return fromVariable(raw)
}

const suggestion = (near: string | undefined): string => (near ? `; did you mean "${near}"?` : '')

const closest = (word: string, known: string[]): string =>
  suggestion(nearest(word, known)) || `; known: ${known.join(', ')}`

const unknownNames = (values: Values, environment: Environment): string[] => {
  const problems: string[] = []
  for (const [section, keys] of Object.entries(values)) {
    const known = sections[section]
    if (!known) {
      problems.push(`[${section}] is not a section${closest(section, Object.keys(sections))}`)
      continue
    }
    if (typeof keys !== 'object' || keys === null) {
      problems.push(`${section} must be a table: write [${section}]`)
      continue
    }
    for (const key of Object.keys(keys)) {
      if (!known[key])
        problems.push(`${section}.${key} is not a setting${closest(key, Object.keys(known))}`)
    }
  }
  return problems.concat(unknownVariables(environment))
}

const unknownVariables = (environment: Environment): string[] => {
  const known = new Set(
    Object.entries(sections).flatMap(([s, keys]) => Object.keys(keys).map((k) => variableOf(s, k))),
  )
  return Object.keys(environment)
    .filter((name) => name.startsWith('PYRITE_') && !known.has(name) && !OTHER_VARIABLES.has(name))
    .map((name) => `${name} overrides no setting${suggestion(nearest(name, [...known]))}`)
}

const shown = (key: Key, value: unknown): string =>
  key.secret ? '(secret)' : JSON.stringify(value)?.replace(/\/\/[^/@"]*@/, '//(secret)@')

const readKey = (section: string, name: string, values: Values, environment: Environment) => {
  const key = sections[section]?.[name] as Key
  const variable = variableOf(section, name)
  const raw = environment[variable]
  const value = raw === undefined ? (values[section]?.[name] ?? key.default) : asType(key, raw)
  const read = key.type.safeParse(value)
  if (read.success) return { value: read.data }
  const where = raw === undefined ? `${section}.${name}` : `${variable} (${section}.${name})`
  const why = read.error.issues.map((issue) => issue.message).join('; ')
  return { problem: `${where} = ${shown(key, value)}: ${why}` }
}

const PATHS: readonly [string, string][] = [
  ['database', 'path'],
  ['sfu', 'groups_dir'],
  ['sfu', 'data_dir'],
  ['galene', 'ca_file'],
  ['galene', 'ice_file'],
  ['galene', 'recordings_dir'],
]

const withAbsolutePaths = (config: Values, base: string): void => {
  for (const [section, key] of PATHS) {
    const path = config[section]?.[key]
    if (typeof path !== 'string' || path === ':memory:' || path === '') continue
    const table = config[section] as Record<string, unknown>
    table[key] = isAbsolute(path) ? path : join(base, path)
  }
}

/**
 * The settings of `path` (a missing file counts as an empty one) under those of the environment.
 * Throws ConfigError naming every key that is wrong, its value, and what is allowed.
 */
export const loadConfig = (path: string, environment: Environment = {}): Config => {
  const values = readFile(path)
  const problems = unknownNames(values, environment)
  const config: Values = {}
  for (const [section, keys] of Object.entries(sections)) {
    const table: Record<string, unknown> = {}
    for (const name of Object.keys(keys)) {
      const read = readKey(section, name, values, environment)
      if (read.problem !== undefined) problems.push(read.problem)
      else table[name] = read.value
    }
    config[section] = table
  }
  if (problems.length > 0) throw new ConfigError(problems)
  withAbsolutePaths(config, dirname(resolve(path)))
  for (const table of Object.values(config)) Object.freeze(table)
  return Object.freeze(config) as unknown as Config
}
