import { once } from 'node:events'
import { Agent, createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { askWhole } from '../../../../../../lib/sfu/galene/wire/ask.ts'

const serve = async (answer: RequestListener) => {
  const server = createServer(answer)
  const agent = new Agent({ keepAlive: true })
  onTestFinished(() => {
    agent.destroy()
    server.closeAllConnections()
    server.close()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, agent }
}
const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length

it('a question that the call server hears and never answers fails in time, with a code', async () => {
  const origin = await serve(() => undefined)
  const asked = askWhole(origin, '/', { withinMs: 50 })
  await expect(asked).rejects.toMatchObject({ code: 'ETIMEDOUT' })
})

it('a question whose answer has no end fails in time, with a code', async () => {
  const origin = await serve((_request, response) => response.write('{'))
  const asked = askWhole(origin, '/', { withinMs: 200 })
  await expect(asked).rejects.toMatchObject({ code: expect.stringMatching(/^E[A-Z]+/) })
})

it('a question that was answered has cleared the timer that it set', async () => {
  const origin = await serve((_request, response) => response.end('{}'))
  await askWhole(origin, '/', {})
  const before = timers()
  for (let asked = 0; asked < 20; asked += 1) await askWhole(origin, '/', { withinMs: 60_000 })
  expect(timers()).toBeLessThan(before + 20)
})
