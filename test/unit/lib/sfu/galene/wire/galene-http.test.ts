import { once } from 'node:events'
import { Agent, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import {
  createGaleneHttp,
  mustNotRedirect,
} from '../../../../../../lib/sfu/galene/wire/galene-http.ts'

it('a call server whose answer trickles without end does not hold up the group files', async () => {
  const server = createServer((_request, response) => {
    const trickle = setInterval(() => response.write(' '), 200)
    response.on('close', () => clearInterval(trickle))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const connecting = { agent: new Agent() }
  const http = createGaleneHttp({ url: () => `http://127.0.0.1:${port}`, connecting })
  const from = performance.now()
  expect(await http.poke('garden')).toBeUndefined()
  expect(performance.now() - from).toBeLessThan(6_000)
  server.closeAllConnections()
  server.close()
}, 10_000)

it('a join is not let through because the call server is too slow to say where its group leads [SFU-4]', async () => {
  const says = (text: string) => async () => ({ status: 200, headers: {}, text })
  await mustNotRedirect({ ask: says('{"name":"garden"}') }, 'garden', '')
  const elsewhere = says('{"name":"garden","redirect":"https://example.org/"}')
  await expect(mustNotRedirect({ ask: elsewhere }, 'garden', '')).rejects.toThrow('redirect')
  const silent = () => Promise.reject(new Error('no answer in time'))
  await expect(mustNotRedirect({ ask: silent }, 'garden', '')).rejects.toMatchObject({
    code: 'calls.no-answer',
  })
})
