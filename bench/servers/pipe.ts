import { createServer, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import httpProxy from 'http-proxy'
import { createProxyServer } from 'http-proxy-3'

/** A raw pipe to TARGET that checks nothing, as http-proxy or http-proxy-3 makes it. */
const target = process.env.TARGET ?? ''
const forward = {
  'http-proxy': () => {
    const proxy = httpProxy.createProxyServer({ target, ws: true })
    proxy.on('error', (_error, _request, response) => response.destroy())
    return (request: IncomingMessage, socket: Socket, head: Buffer) =>
      proxy.ws(request, socket, head)
  },
  'http-proxy-3': () => {
    const proxy = createProxyServer({ target, ws: true })
    proxy.on('error', (_error, _request, response) => response.destroy())
    return (request: IncomingMessage, socket: Socket, head: Buffer) =>
      proxy.ws(request, socket, head)
  },
}[process.env.KIND ?? '']

const server = createServer()
const pipe = forward?.()
server.on('upgrade', (request, socket, head) => {
  socket.on('error', () => socket.destroy())
  pipe?.(request, socket as Socket, head)
})
server.listen({ port: Number(process.env.PORT), host: '127.0.0.1', backlog: 4_096 })
