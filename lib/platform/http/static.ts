import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'
import { type Request, type RequestHandler, Router } from 'express'
import { PyriteError } from '../errors.ts'

/** One built file: its bytes, plain and as the build compressed them. */
type Asset = { type: string; etag: string; plain: Buffer; br?: Buffer; gzip?: Buffer }

const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
}

const readAsset = (path: string): Asset => {
  const plain = readFileSync(path)
  const compressed = (ending: string) =>
    existsSync(path + ending) ? readFileSync(path + ending) : undefined
  const [br, gzip] = [compressed('.br'), compressed('.gz')]
  return {
    type: TYPES[extname(path)] ?? 'application/octet-stream',
    etag: `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`,
    plain,
    ...(br ? { br } : {}),
    ...(gzip ? { gzip } : {}),
  }
}

/** All files of the build by URL path. They are held in memory (about 2 MB), so a build under a running server disturbs nobody. */
const readAssets = (folder: string): ReadonlyMap<string, Asset> =>
  new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile() && !/\.(br|gz)$/.test(file.name))
      .map((file) => join(file.parentPath, file.name))
      .map((path) => [`/${relative(folder, path).split(sep).join('/')}`, readAsset(path)]),
  )

/** A path that looks like a file, hidden ones included, is one; everything else is a page of the client. */
const isPage = (path: string) => !/\.[a-z0-9]{1,8}$|\/\./i.test(path)

const noBuild: RequestHandler = () => {
  throw new PyriteError('not-found', 'the client is not built: run npm run build')
}

const encodingFor = (request: Request, asset: Asset): 'br' | 'gzip' | undefined => {
  const wanted = request.acceptsEncodings('br', 'gzip', 'identity')
  return (wanted === 'br' || wanted === 'gzip') && asset[wanted] ? wanted : undefined
}

/** The built client: hashed files for a year, index.html for every page, each brotli- or gzip-compressed beforehand. */
export const staticClient = (folder: string): RequestHandler => {
  if (!existsSync(join(folder, 'index.html'))) return noBuild
  const assets = readAssets(folder)
  return Router().get('/{*path}', (request, response, next) => {
    const path = isPage(request.path) ? '/index.html' : request.path
    const asset = assets.get(path)
    if (!asset) return next()
    const encoding = encodingFor(request, asset)
    if (encoding) response.set('Content-Encoding', encoding)
    response.set({
      'Cache-Control': path.startsWith('/assets/')
        ? 'public, max-age=31536000, immutable'
        : 'no-cache',
      'Content-Type': asset.type,
      ETag: asset.etag,
      Vary: 'Accept-Encoding',
    })
    response.send((encoding && asset[encoding]) ?? asset.plain)
  })
}
