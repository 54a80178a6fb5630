import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Benchmark } from './harness/context.ts'
import { type Row, single } from './harness/rows.ts'

const DIST = join(import.meta.dirname, '../dist')

/** What esbuild says of one file it made. */
type Output = {
  entryPoint?: string
  cssBundle?: string
  imports: { path: string; kind: string }[]
  inputs: Record<string, unknown>
}
type Outputs = Record<string, Output>

/** The file and everything it imports at once. */
const withImports = (outputs: Outputs, path: string, found = new Set<string>()): Set<string> => {
  if (found.has(path) || !outputs[path]) return found
  found.add(path)
  for (const { path: next, kind } of outputs[path].imports) {
    if (kind === 'import-statement') withImports(outputs, next, found)
  }
  return found
}

/** Bytes as they cross the wire. */
const brotliKb = async (paths: Iterable<string>): Promise<number> => {
  let bytes = 0
  for (const path of paths) {
    bytes += (await readFile(join(DIST, 'client/assets', `${basename(path)}.br`))).length
  }
  return bytes / 1_000
}

const isOfCall = (input: string) => /^src\/(media|features\/call)\//.test(input)

/** Files loaded only when a call begins. */
const callFiles = (outputs: Outputs, first: ReadonlySet<string>): Set<string> => {
  const entries = Object.values(outputs).flatMap(({ imports }) =>
    imports.filter(({ kind }) => kind === 'dynamic-import').map(({ path }) => path),
  )
  const holdsCall = (path: string) => Object.keys(outputs[path]?.inputs ?? {}).some(isOfCall)
  const lazy = [...new Set(entries)]
    .map((entry) => [...withImports(outputs, entry)].filter((path) => !first.has(path)))
    .filter((paths) => paths.some(holdsCall))
  return new Set(lazy.flat())
}

/** What a browser loads, compressed with brotli (P12). Read from the built client. */
export const client: Benchmark = {
  name: 'client',
  async run(): Promise<Row[]> {
    const meta = await readFile(join(DIST, 'client-meta.json'), 'utf8')
    const { outputs } = JSON.parse(meta) as { outputs: Outputs }
    const main = Object.keys(outputs).find((path) => outputs[path]?.entryPoint === 'src/main.tsx')
    if (main === undefined) throw new Error('dist/client-meta.json knows no src/main.tsx')
    const scripts = withImports(outputs, main)
    const { cssBundle } = outputs[main] ?? {}
    const everything = [...scripts, ...(cssBundle === undefined ? [] : [cssBundle])]
    const page = (await readFile(join(DIST, 'client/index.html.br'))).length / 1_000
    const about = (name: string, unit: string, atMost: number) => ({
      ...{ goal: 'P12', name, unit },
      aim: { atMost },
    })
    // Measured for the design: the named client's own script and font, compressed.
    const galene = { "Galene's client": 49 + 158 }
    return [
      single(about('script of sign-in and chat, brotli', 'KB', 60), await brotliKb(scripts)),
      single(
        about('everything of the first load, brotli', 'KB', 90),
        (await brotliKb(everything)) + page,
        galene,
      ),
      single(about('requests of the first load', '', 8), everything.length + 1),
      single(
        about('code of a call, loaded with it, brotli', 'KB', 45),
        await brotliKb(callFiles(outputs, scripts)),
      ),
    ]
  },
}
