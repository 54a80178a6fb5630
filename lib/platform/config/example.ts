import { variableOf } from './load.ts'
import { CONFIG, type Key } from './schema.ts'

const sections = Object.entries(CONFIG as unknown as Record<string, Record<string, Key>>)

/** Secrets that the first start writes: see app/first-run.ts. The others are somebody's to give. */
const MADE_AT_FIRST = new Set(['sfu.signing_key', 'metrics.token'])

const tomlValue = (value: unknown): string => JSON.stringify(value)

const wrapped = (prose: string): string => {
  const lines = ['']
  for (const word of prose.split(' ')) {
    const last = lines[lines.length - 1] as string
    if (last.length + word.length > 96) lines.push(word)
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`
  }
  return lines.map((line) => `# ${line}`).join('\n')
}

/** The text of config.example.toml, or of a first config.toml with `secrets` ("section.key" to value) filled in. */
export const exampleToml = (secrets: Record<string, string> = {}): string => {
  const parts = [
    '# Pyrite. Every setting with its default; delete what you do not change. Check with: npm run pyrite -- check-config',
  ]
  for (const [section, keys] of sections) {
    const lines = Object.entries(keys).map(([name, key]) => {
      const secret = secrets[`${section}.${name}`]
      const line = `${name} = ${tomlValue(secret ?? key.default)}`
      return `${wrapped(key.prose)}\n${secret === undefined ? `# ${line}` : line}\n`
    })
    parts.push(`[${section}]\n${lines.join('\n')}`)
  }
  return parts.join('\n\n').replace(/\n+$/, '\n')
}

/** The text of docs/config.md. */
export const configMarkdown = (): string => {
  const parts = [
    '# Settings',
    'Made from `lib/platform/config/schema.ts`. Settings live in `config.toml`; the variable named beside each overrides it.',
  ]
  for (const [section, keys] of sections) {
    const rows = Object.entries(keys).map(([name, key]) => {
      const isMade = MADE_AT_FIRST.has(`${section}.${name}`)
      const byDefault = isMade ? 'made at the first start' : `\`${tomlValue(key.default)}\``
      return `| \`${name}\` | ${byDefault} | \`${variableOf(section, name)}\` | ${key.prose.replaceAll('|', '\\|')} |`
    })
    parts.push(
      `## [${section}]`,
      ['| key | default | variable | what it does |', '| --- | --- | --- | --- |', ...rows].join(
        '\n',
      ),
    )
  }
  return `${parts.join('\n\n')}\n`
}
