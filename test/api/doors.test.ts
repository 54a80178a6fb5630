import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import express from 'express'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { staticClient } from '../../lib/platform/http/static.ts'
import { type Pyrite, startPyrite } from '../support/pyrite.ts'

let pyrite: Pyrite
beforeAll(async () => {
  pyrite = await startPyrite({ settings: { metrics: { token: 'scrape-me' } } })
})
afterAll(() => pyrite.stop())

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${pyrite.url}${path}`, { headers })

describe('every answer', () => {
  it.each(['/', '/api/session', '/healthz', '/nothing.js', '/channels/general'])(
    '%s carries the security headers, and no inline code is allowed',
    async (path) => {
      const { headers } = await get(path)
      const policy = headers.get('content-security-policy') ?? ''
      expect(policy).toContain("default-src 'none'")
      expect(policy).toContain("script-src 'self'")
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).not.toMatch(/unsafe-(inline|eval)/)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('x-frame-options')).toBe('DENY')
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin')
      expect(headers.get('permissions-policy')).toContain('camera=(self)')
      expect(headers.get('x-powered-by')).toBeNull()
    },
  )
})

describe('probes', () => {
  it('say that the process runs, and whether it can serve, with the SFU away', async () => {
    expect(await (await get('/healthz')).json()).toEqual({ status: 'ok' })
    const ready = await get('/readyz')
    expect([ready.status, await ready.json()]).toEqual([
      200,
      { ready: true, database: true, sfu: false },
    ])
  })
  it('give metrics to who has the token, and to nobody else', async () => {
    expect((await get('/metrics')).status).toBe(401)
    expect((await get('/metrics', { authorization: 'Bearer scrape-you' })).status).toBe(401)
    const scraped = await get('/metrics', { authorization: 'Bearer scrape-me' })
    expect(scraped.status).toBe(200)
    expect(await scraped.text()).toContain('pyrite_ws_connections 0')
  })
})

describe('the API', () => {
  it('describes itself, every path with an answer', async () => {
    const document = (await (await get('/api/openapi.json')).json()) as {
      openapi: string
      paths: Record<string, Record<string, { responses: object }>>
    }
    expect(document.openapi).toBe('3.1.0')
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining([
        '/api/session',
        '/api/users',
        '/api/workspace',
        '/api/channels',
        '/api/channels/{channelSlug}/messages',
        '/api/channels/{channelSlug}/sfu_status',
      ]),
    )
    for (const item of Object.values(document.paths)) {
      for (const operation of Object.values(item)) {
        expect(Object.keys(operation.responses).length).toBeGreaterThan(0)
      }
    }
  })

  it('answers nobody who is not signed in, whatever the path', async () => {
    for (const path of [
      '/api/workspace',
      '/api/users',
      '/api/channels',
      '/api/channels/general/messages',
      '/api/nothing',
    ]) {
      const answer = await get(path)
      expect([path, answer.status]).toEqual([path, 401])
      expect(await answer.json()).toMatchObject({ error: { code: 'auth.signed-out' } })
    }
  })

  it('changes nothing for a page from elsewhere', async () => {
    const alice = await pyrite.signIn('alice')
    const forged = await fetch(`${pyrite.url}/api/channels`, {
      method: 'POST',
      headers: {
        cookie: alice.cookie,
        origin: 'https://evil.example',
        'content-type': 'application/json',
      },
      body: '{"name":"Trojan"}',
    })
    expect([forged.status, await forged.json()]).toEqual([
      403,
      { error: { code: 'auth.foreign-origin', message: expect.any(String) } },
    ])
    const { body } = await alice.send('GET', '/api/channels')
    expect(JSON.stringify(body)).not.toContain('Trojan')
  })

  it.each([
    ['{"username":', 'malformed', 400],
    [`{"username":"${'x'.repeat(200_000)}"}`, 'too-large', 413],
    ['[]', 'malformed', 400],
  ])('answers a body it cannot read with a code: %.20s', async (body, code, status) => {
    const answer = await fetch(`${pyrite.url}/api/session`, {
      method: 'POST',
      headers: { origin: pyrite.url, 'content-type': 'application/json' },
      body,
    })
    expect([answer.status, await answer.json()]).toMatchObject([status, { error: { code } }])
  })

  it('keeps no answer in any cache', async () => {
    expect((await get('/api/session')).headers.get('cache-control')).toBe('no-store')
  })
})

describe('the client', () => {
  it('is served compressed, its hashed files for a year and its page afresh', async () => {
    const page = await get('/channels/general', { 'accept-encoding': 'br' })
    expect(page.status).toBe(200)
    expect(page.headers.get('cache-control')).toBe('no-cache')
    const html = await page.text()
    const script = /src="(\/assets\/main-[A-Z0-9]+\.js)"/.exec(html)?.[1] ?? 'no script'
    const asset = await get(script, { 'accept-encoding': 'br' })
    expect([asset.status, asset.headers.get('content-encoding')]).toEqual([200, 'br'])
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)/)
    expect(html).not.toMatch(/\sstyle=/)
    // The chosen theme is set before anything is drawn: this one script blocks, and comes first.
    expect(html).toMatch(
      /<script src="\/assets\/before-paint-[A-Z0-9]+\.js"><\/script>\s*<link rel="stylesheet"/,
    )
  })
  it('is not sent again to who has it, and outlives a build under the running server', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pyrite-client-'))
    writeFileSync(join(folder, 'index.html'), '<!doctype html><title>one</title>')
    mkdirSync(join(folder, 'assets'))
    writeFileSync(join(folder, 'assets/a-1.js'), 'void 1')
    const server = express().use(staticClient(folder)).listen(0)
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    rmSync(folder, { recursive: true })
    const asset = await fetch(`${url}/assets/a-1.js`)
    expect([asset.status, await asset.text()]).toEqual([200, 'void 1'])
    const headers = { 'if-none-match': (await fetch(url)).headers.get('etag') ?? '' }
    // Not by fetch: it says no-cache by itself with such a header.
    const status = await new Promise((done) => {
      request(url, { headers }, (answer) => done(answer.resume().statusCode)).end()
    })
    expect(status).toBe(304)
    server.close()
  })
  it.each(['/assets/none.js', '/..%2f..%2fpackage.json', '/.git/config', '/config.toml'])(
    'has no %s',
    async (path) => {
      const answer = await get(path)
      expect([path, answer.status]).toEqual([path, 404])
    },
  )
})

describe('upgrades', () => {
  it('exist at /ws and /sfu only', async () => {
    const { openSocket } = await import('../support/client.ts')
    await expect(openSocket(`${pyrite.url}/elsewhere`, { origin: pyrite.url })).rejects.toThrow(
      '404',
    )
  })
})
