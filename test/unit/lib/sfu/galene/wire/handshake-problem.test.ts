import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { handshakeProblem } from '../../../../../../lib/sfu/galene/wire/galene-http.ts'

describe('the look whether a Galene answers', () => {
  let server: WebSocketServer
  let url: string
  beforeEach(async () => {
    server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterEach(() => {
    for (const client of server.clients) client.terminate()
    server.close()
  })

  it('leaves with a close, for Galene logs each connection that ends without one', async () => {
    const closed = new Promise<number>((done) => {
      server.on('connection', (socket: WebSocket) => {
        socket.on('message', () => socket.send('{"type":"handshake","version":["2"]}'))
        socket.on('close', done)
      })
    })
    expect(await handshakeProblem(url, { socketOptions: {} })).toBeUndefined()
    expect(await closed).toBe(1000)
  })
})
