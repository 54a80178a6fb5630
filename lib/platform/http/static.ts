import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type RequestHandler, Router } from 'express'
import sirv from 'sirv'
import { PyriteError } from '../errors.ts'

/** A path that looks like a file, hidden ones included, is one; everything else is a page of the client. */
const isPage = (path: string) => !/\.[a-z0-9]{1,8}$|\/\./i.test(path)

const noBuild: RequestHandler = () => {
  throw new PyriteError('not-found', 'the client is not built: run npm run build')
}

/** The built client: hashed files for a year, index.html for every page, each brotli- or gzip-compressed beforehand. */
export const staticClient = (folder: string): RequestHandler => {
  if (!existsSync(join(folder, 'index.html'))) return noBuild
  const serve = sirv(folder, {
    brotli: true,
    gzip: true,
    etag: true,
    dev: false,
    setHeaders(response, path) {
      const isHashed = path.startsWith('/assets/')
      response.setHeader(
        'Cache-Control',
        isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
      )
    },
  })
  return Router().get('/{*path}', (request, response, next) => {
    if (isPage(request.path)) request.url = '/index.html'
    serve(request, response, next)
  })
}
