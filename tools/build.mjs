// Bundles both halves into dist/: the server for Node, the client with hashed names and compressed beside the originals.
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { build, stop } from 'esbuild'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
const dist = join(root, 'dist')
/** Built aside and put in place at the end, so that a failed build leaves the last one, and a running server its files. */
const out = join(root, `dist.${process.pid}`)

/** Stay in node_modules: they bring native code, or are not needed to serve. The rest is bundled, which halves the start. */
const NATIVE = [
  'better-sqlite3',
  '@node-rs/argon2',
  'node-datachannel',
  'bufferutil',
  'utf-8-validate',
  'pino-pretty',
]
const REQUIRE =
  "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);"

const buildServer = () =>
  build({
    absWorkingDir: root,
    entryPoints: { main: 'lib/main.ts' },
    outdir: join(out, 'server'),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external: NATIVE,
    splitting: true,
    // Packages that were written for require() find it here.
    banner: { js: REQUIRE },
    sourcemap: true,
    logLevel: 'warning',
  })

const buildClient = async () => {
  const result = await build({
    absWorkingDir: root,
    entryPoints: { main: 'src/main.tsx', 'before-paint': 'src/before-paint.ts' },
    outdir: join(out, 'client/assets'),
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    target: ['chrome117', 'firefox125', 'safari17'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    alias: { react: 'preact/compat', 'react-dom': 'preact/compat' },
    loader: { '.svg': 'file', '.png': 'file' },
    minify: true,
    sourcemap: 'linked',
    metafile: true,
    logLevel: 'warning',
  })
  const outputOf = (source) =>
    Object.entries(result.metafile.outputs).find(([, o]) => o.entryPoint === source)
  const entry = outputOf('src/main.tsx')
  const url = (path) => `/${path.slice(`dist.${process.pid}/client/`.length)}`
  const css = entry[1].cssBundle
  const preload = entry[1].imports
    .filter(({ kind }) => kind === 'import-statement')
    .map(({ path }) => `<link rel="modulepreload" href="${url(path)}">`)
  const html = (await readFile(join(root, 'src/index.html'), 'utf8'))
    .replace('/main.js', url(entry[0]))
    .replace('/before-paint.js', url(outputOf('src/before-paint.ts')[0]))
    .replace(
      '<link rel="stylesheet" href="/main.css">',
      css ? `<link rel="stylesheet" href="${url(css)}">` : '',
    )
    .replace('</head>', `${preload.join('')}</head>`)
  await writeFile(join(out, 'client/index.html'), html)
  await writeFile(join(out, 'client-meta.json'), JSON.stringify(result.metafile))
}

const compressAll = async (folder) => {
  const files = await readdir(folder, { recursive: true, withFileTypes: true })
  await Promise.all(
    files
      .filter((file) => file.isFile() && /\.(js|css|html|svg|map)$/.test(file.name))
      .map(async (file) => {
        const path = join(file.parentPath, file.name)
        const bytes = await readFile(path)
        const quality = {
          params: { [constants.BROTLI_PARAM_QUALITY]: path.endsWith('.map') ? 4 : 11 },
        }
        await writeFile(`${path}.br`, await promisify(brotliCompress)(bytes, quality))
        await writeFile(`${path}.gz`, await promisify(gzip)(bytes))
      }),
  )
}

/** Makes dist/ anew. Throws what esbuild throws, after it has printed why. */
export const buildAll = async () => {
  try {
    await mkdir(join(out, 'client/assets'), { recursive: true })
    await Promise.all([buildServer(), buildClient()])
    // Its process would stay beside a server that goes on in this one, with all it has read.
    await stop()
    await compressAll(join(out, 'client'))
    await rm(dist, { recursive: true, force: true })
    await rename(out, dist)
  } finally {
    await rm(out, { recursive: true, force: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildAll()
