import { createSocket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { connect, isIP, isIPv6, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { IceTarget } from './ice-url.ts'
import { messageLength } from './stun-message.ts'

/** A way to a STUN server: whole messages each way. */
export type StunLink = {
  send(message: Buffer): void
  /** Who hears what comes; one listener at a time. */
  heard: (message: Buffer) => void
  /** The way broke. */
  broke: (error: Error) => void
  /** True where a message may be lost on the way, and must be sent again. */
  isLossy: boolean
  close(): void
}

export type LinkNeeds = {
  timeoutMs: number
  /** Certificate authorities beside those of the system: PEM. */
  ca?: string
}

/** Most bytes of a stream that are kept: far more than any answer. */
const MOST_BYTES = 65_536

const ignore = () => undefined

const overUdp = async (target: IceTarget): Promise<StunLink> => {
  const { address } = await lookup(target.host)
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
  const link: StunLink = {
    send: (message) =>
      socket.send(message, (error) => {
        if (error) link.broke(error)
      }),
    heard: ignore,
    broke: ignore,
    isLossy: true,
    close: () => socket.close(),
  }
  socket.on('message', (message) => link.heard(message))
  socket.on('error', (error) => link.broke(error))
  // A connected socket hears at once that nobody listens, and hears nobody else.
  await new Promise<void>((done, fail) => {
    socket.once('error', fail)
    socket.connect(target.port, address, () => {
      socket.off('error', fail)
      done()
    })
  })
  return link
}

const opened = (target: IceTarget, { timeoutMs, ca }: LinkNeeds): Promise<Socket> =>
  new Promise((done, fail) => {
    const { host, port } = target
    const name = isIP(host) ? {} : { servername: host }
    const socket =
      target.transport === 'tls'
        ? connectTls({ host, port, ...name, ...(ca === undefined ? {} : { ca }) }, () =>
            done(socket),
          )
        : connect({ host, port }, () => done(socket))
    socket.once('error', fail)
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error('no connection in time')))
  })

const overStream = async (target: IceTarget, needs: LinkNeeds): Promise<StunLink> => {
  const socket = await opened(target, needs)
  let kept = Buffer.alloc(0)
  const link: StunLink = {
    send: (message) => socket.write(message),
    heard: ignore,
    broke: ignore,
    isLossy: false,
    close: () => socket.destroy(),
  }
  const take = () => {
    for (;;) {
      const length = messageLength(kept)
      if (length === undefined || kept.length < length) return
      if (length === 0) return link.broke(new Error('what answers there is no STUN server'))
      link.heard(kept.subarray(0, length))
      kept = kept.subarray(length)
    }
  }
  socket.on('data', (chunk) => {
    kept = Buffer.concat([kept, chunk]).subarray(0, MOST_BYTES)
    take()
  })
  socket.on('error', (error) => link.broke(error))
  socket.on('close', () => link.broke(new Error('the server closed the connection')))
  return link
}

/** Opens the way to a server. Rejects where there is none; over TLS also where its certificate is not to be trusted. */
export const openLink = (target: IceTarget, needs: LinkNeeds): Promise<StunLink> =>
  target.transport === 'udp' ? overUdp(target) : overStream(target, needs)
