import { expect, it, vi } from 'vitest'
import { createHttp } from '../../../../src/platform/http.ts'
import { sentenceOf } from '../../../../src/platform/request-error.ts'

const httpAnswering = (status: number, text: string) => {
  const fetch = vi.fn(async () => new Response(status === 204 ? null : text, { status }))
  return { fetch, http: createHttp({ fetch: fetch as unknown as typeof globalThis.fetch }) }
}

it('sends JSON and reads JSON', async () => {
  const { http, fetch } = httpAnswering(200, '{"a":1}')
  expect(await http.post('/api/session', { username: 'alice' })).toEqual({ a: 1 })
  expect(fetch).toHaveBeenCalledWith('/api/session', {
    method: 'POST',
    credentials: 'same-origin',
    cache: 'no-store',
    headers: { 'content-type': 'application/json' },
    body: '{"username":"alice"}',
  })
})

it('answers nothing with undefined', async () => {
  expect(await httpAnswering(204, '').http.delete('/api/session')).toBeUndefined()
})

it.each([
  [401, '{"error":{"code":"auth.bad-credentials","message":"no"}}', 'auth.bad-credentials'],
  [500, '{}', 'internal'],
  [502, '<html>', 'internal'],
  [503, '', 'offline'],
])('makes of %i %s the error %s', async (status, text, code) => {
  await expect(httpAnswering(status, text).http.get('/x')).rejects.toMatchObject({ code })
})

it('says offline when nobody is reached', async () => {
  const http = createHttp({ fetch: () => Promise.reject(new TypeError('failed')) })
  await expect(http.get('/x')).rejects.toMatchObject({ code: 'offline' })
  expect(await http.get('/x').catch(sentenceOf)).toMatch(/cannot be reached/)
})

it.each([
  [1, 'a moment'],
  [40, '40 seconds'],
  [297, '5 minutes'],
])('says how long to wait when the server said %i seconds', async (retryAfter, words) => {
  const error = { code: 'too-many-requests', message: 'too many failed attempts', retryAfter }
  const { http } = httpAnswering(429, JSON.stringify({ error }))
  const refusal = await http.post('/api/session', {}).catch((error: unknown) => error)
  expect(sentenceOf(refusal)).toBe(`That was too often in a short time. Try again in ${words}.`)
})
