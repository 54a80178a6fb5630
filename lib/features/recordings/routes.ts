import { basename, dirname } from 'node:path'
import { type Response, Router } from 'express'
import { PyriteError } from '../../platform/errors.ts'
import { callerOf } from '../../platform/http/caller.ts'
import { parse } from '../../platform/parse.ts'
import { OneRecording } from '../../protocol/recordings.ts'
import { typeOf } from './names.ts'
import type { RecordingRules } from './recordings.ts'
import type { Sendings } from './sending.ts'

export { recordingsPaths } from './openapi.ts'

/** Sends a file of this machine, or the part of it that is asked for. */
const sendFile = (response: Response, path: string): Promise<void> =>
  new Promise((done, fail) => {
    const options = { root: dirname(path), dotfiles: 'deny', cacheControl: false } as const
    response.sendFile(basename(path), options, (error?: Error & { status?: number }) => {
      // Somebody who hangs up is no error; an answer that has begun cannot become another.
      if (!error || response.headersSent || response.destroyed) return done()
      if (error.status === 404) {
        return fail(new PyriteError('not-found', 'there is no such recording'))
      }
      // A range beyond the end: the header that says so is set already.
      if (error.status === 416) {
        response.status(416).end()
        return done()
      }
      const sentence =
        'this recording cannot be read: the account that runs Pyrite may not, or its disk is away'
      fail(new PyriteError('storage.unavailable', sentence, { cause: error }))
    })
  })

/** What a browser may do with the bytes of others: play them or keep them, and run nothing. */
const describe = (response: Response, name: string, asFile: boolean): void => {
  if (asFile) response.attachment(name)
  else response.set('Content-Disposition', 'inline')
  response.set({
    'Content-Type': typeOf(name),
    'Content-Security-Policy': "default-src 'none'; sandbox",
    'Cache-Control': 'private, no-cache',
  })
}

/** Mounted at /api/channels, behind auth. */
export const recordingsRoutes = (recordings: RecordingRules, sendings: Sendings) =>
  Router()
    .get('/:channelSlug/recordings', async (request, response) => {
      const { userId } = callerOf(response)
      response.json(await recordings.list(userId, request.params.channelSlug))
    })
    .get('/:channelSlug/recordings/:name', async (request, response) => {
      const wanted = parse(OneRecording, request.params)
      const { userId, sessionId } = callerOf(response)
      await sendings.during({ userId, sessionId, slug: wanted.channelSlug }, response, async () => {
        const source = await recordings.open(userId, wanted)
        if (response.destroyed) return
        describe(response, wanted.name, request.query.download !== undefined)
        if ('path' in source) await sendFile(response, source.path)
        else await source.forward(request, response)
      })
    })
    .delete('/:channelSlug/recordings/:name', async (request, response) => {
      const wanted = parse(OneRecording, request.params)
      response.json(await recordings.remove(callerOf(response).userId, wanted))
    })
