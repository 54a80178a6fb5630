import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The project's folder: above dist/server/main.mjs when built, above lib/app/program.ts in development and tests. */
const root = (): string => {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder)
  return folder
}

/** The version in package.json. */
export const VERSION: string = (
  JSON.parse(readFileSync(join(root(), 'package.json'), 'utf8')) as { version: string }
).version

/** Where `npm run build` puts the client. */
export const clientFolder = (): string => join(root(), 'dist/client')

/** How the built-in SFU is started as a process of its own. */
export const builtinCommand = (): { command: string; args: string[] } => ({
  command: process.execPath,
  args: [join(root(), 'dist/server/main.mjs'), 'sfu'],
})
