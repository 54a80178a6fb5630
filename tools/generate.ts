// `npm run generate`: writes what is made from the sources. With --check it only says what is out of step.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { FINDINGS } from '../lib/app/doctor-findings.ts'
import { configMarkdown, exampleToml } from '../lib/platform/config/example.ts'
import { ERROR_STATUS } from '../lib/protocol/error-codes.ts'

const errorsMarkdown = () => {
  const rows = Object.entries(ERROR_STATUS).map(([code, status]) => `| \`${code}\` | ${status} |`)
  return [
    '# Errors',
    'Made from `lib/protocol/error-codes.ts`. An error is answered as `{ "error": { "code", "message" } }` over REST and on the socket alike.',
    'Clients switch on the code; the message is for people and may change. Who throws one: search `lib/` for the code.',
    ['| code | HTTP status |', '| --- | --- |', ...rows].join('\n'),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n')
}

const doctorMarkdown = () => {
  const rows = Object.entries(FINDINGS).map(([code, { level, what, why, fix }]) =>
    ['', `\`${code}\``, level, what, why, fix, ''].join(' | ').trim(),
  )
  return [
    '# The doctor',
    '`npm run pyrite -- doctor` looks over everything that calls need, tells what it found, why that matters and what to do, and changes nothing that lasts. It ends with 1 where it found a problem; `--json` says the same to machines. A running Pyrite looks by itself on the page *Calls* (`/admin/calls`, for admins, from Settings), and knows more there: the state of each channel, and live calls.',
    'It asks the call server as a join would. It makes a group that no channel can have, mints a token, joins, and removes the group again; nobody sees it. It compares clocks by the `Date` of an answer, tries every STUN and TURN server that a browser would be given with the very credentials it would be given, over UDP, TCP and TLS, and opens `server.public_url` and its WebSocket as a browser would. All of that is tried from the machine of Pyrite: people elsewhere may still be kept out by a firewall in between.',
    'Findings, made from `lib/app/doctor-findings.ts`. A `problem` keeps somebody from calls; a `warning` may.',
    [
      '| code | level | what | why it matters | what to do |',
      '| --- | --- | --- | --- | --- |',
      ...rows,
    ].join('\n'),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n')
}

const migrationChecksums = () => {
  const names = readdirSync('migrations')
    .filter((name) => /^\d{4}-.*\.ts$/.test(name))
    .sort()
  return names.map((name) => {
    const sum = createHash('sha256')
      .update(readFileSync(`migrations/${name}`))
      .digest('hex')
    return `  '${name.replace(/\.ts$/, '')}': '${sum}',`
  })
}

const checksumsFile = () =>
  [
    '/** Made by `npm run generate` from the sources. A released line never changes: a database remembers it. */',
    'export const CHECKSUMS: Readonly<Record<string, string>> = {',
    ...migrationChecksums(),
    '}',
    '',
  ].join('\n')

const files: Record<string, string> = {
  'config.example.toml': exampleToml(),
  'docs/config.md': configMarkdown(),
  'docs/doctor.md': doctorMarkdown(),
  'docs/errors.md': errorsMarkdown(),
  'migrations/checksums.ts': checksumsFile(),
}

const isCheck = process.argv.includes('--check')
const stale = Object.entries(files).filter(
  ([path, text]) => !existsSync(path) || readFileSync(path, 'utf8') !== text,
)
for (const [path, text] of stale) {
  if (isCheck) process.stderr.write(`${path} is out of step: run npm run generate\n`)
  else writeFileSync(path, text)
}
process.exitCode = isCheck && stale.length > 0 ? 1 : 0
