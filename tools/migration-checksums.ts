import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'

const FOLDER = new URL('../migrations/', import.meta.url)

const sourceChecksum = async (file: string): Promise<string> => {
  const source = await readFile(new URL(file, FOLDER), 'utf8')
  return createHash('sha256').update(source.replaceAll('\r\n', '\n')).digest('hex')
}

/** The text of migrations/checksums.ts: the SHA-256 of each migration's source. The runner compares with it what a database was made with. */
export const migrationChecksums = async (): Promise<string> => {
  const files = (await readdir(FOLDER)).filter((file) => /^\d{4}-.*\.ts$/.test(file)).sort()
  const lines = await Promise.all(
    files.map(async (file) => `  '${file.slice(0, -3)}': '${await sourceChecksum(file)}',\n`),
  )
  return [
    '/** Made by `npm run generate` from the sources. A released line never changes: a database remembers it. */\n',
    `export const CHECKSUMS: Readonly<Record<string, string>> = {\n${lines.join('')}}\n`,
  ].join('')
}
