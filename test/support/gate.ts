import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import httpProxy from 'http-proxy'
import { eventually } from './eventually.ts'

/** Looks at a request on its way; answers true where it has dealt with it itself. */
export type Hook = (request: IncomingMessage, response: ServerResponse) => Promise<unknown>

const CALM_MS = 700
const PASS: Hook = async () => undefined

/** Stands between Pyrite and a Galene, passes everything on, and lets a test step in before each request. */
export const startGate = async (target: string) => {
  const proxy = httpProxy.createProxyServer({ target })
  proxy.on('error', (_error, _request, response) => void response.destroy())
  let hook = PASS
  let last = performance.now()
  const server = createServer((request, response) => {
    last = performance.now()
    hook(request, response)
      .then((isDone) => isDone === true || proxy.web(request, response))
      .catch(() => response.destroy())
  })
  const upgraded = new Set<Duplex>()
  server.on('upgrade', (request, socket, head) => {
    upgraded.add(socket)
    socket.once('close', () => upgraded.delete(socket))
    proxy.ws(request, socket, head)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    before: (next: Hook) => {
      hook = next
    },
    /** Resolves when nothing has been asked for a while. */
    isCalm: () =>
      eventually(() => {
        if (performance.now() - last < CALM_MS) throw new Error('somebody still asks')
      }, 20_000),
    async stop() {
      server.closeAllConnections()
      for (const socket of upgraded) socket.destroy()
      await new Promise((done) => server.close(done))
      proxy.close()
    },
  }
}
export type Gate = Awaited<ReturnType<typeof startGate>>
