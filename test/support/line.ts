import { connect, createServer, type Server, type Socket } from 'node:net'

/** So many bytes in each direction, so often. The bytes count at each turn: a test may change them. */
export type Delay = { bytesPerTurn: number; everyMs: number }

/** Passes TCP on to a server; at a crawl, or not at all, where a test says so. */
export const startLine = async (target: string) => {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  let delay: Delay | undefined
  const carry = (from: Socket, to: Socket) => {
    const waiting: Buffer[] = []
    const mine = delay
    const timer = setInterval(() => {
      const { bytesPerTurn = Number.POSITIVE_INFINITY } = mine ?? {}
      const all = Buffer.concat(waiting.splice(0))
      if (all.length <= bytesPerTurn) from.resume()
      const now = all.subarray(0, bytesPerTurn)
      if (now.length > 0) to.write(now)
      if (now.length < all.length) waiting.push(all.subarray(now.length))
    }, mine?.everyMs ?? 1)
    from.on('data', (part) => {
      waiting.push(part)
      if (waiting.length > 4) from.pause()
    })
    from.on('error', () => undefined)
    from.on('close', () => {
      clearInterval(timer)
      sockets.delete(from)
      to.end(Buffer.concat(waiting.splice(0)))
    })
    sockets.add(from)
  }
  const server: Server = createServer((near) => {
    const far = connect(Number(port), hostname)
    carry(near, far)
    carry(far, near)
  })
  const listen = (at: number) => new Promise<void>((done) => server.listen(at, '127.0.0.1', done))
  await listen(0)
  const address = server.address()
  const own = typeof address === 'object' && address ? address.port : 0
  const refuse = async () => {
    const isClosed = new Promise((done) => server.close(done))
    for (const socket of sockets) socket.destroy()
    await isClosed
  }
  return {
    url: `http://127.0.0.1:${own}`,
    /** For connections from now on. */
    slow: (next: Delay) => {
      delay = next
    },
    refuse,
    serve: () => listen(own),
  }
}
