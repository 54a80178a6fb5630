import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { isExecutable } from '../../lib/sfu/galene/server/choose.ts'
import { createAuthority } from './certificates.ts'
import { eventually } from './eventually.ts'

/** Debian's coturn: what TURNSERVER names, or the turnserver on the PATH. Undefined where there is none. */
export const turnserver: string | undefined = [
  ...(process.env.TURNSERVER ? [process.env.TURNSERVER] : []),
  ...(process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'turnserver')),
].find(isExecutable)

const freePorts = async (count: number): Promise<number[]> => {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer()
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))))
  return ports
}

/** Key and certificate as files in `folder`, and what a client must trust: a certificate for 127.0.0.1 and localhost. */
const makeCertificate = async (folder: string) => {
  const authority = await createAuthority()
  const signed = await authority.sign('IP:127.0.0.1,DNS:localhost')
  const ca = await readFile(authority.file, 'utf8')
  await authority.remove()
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  await writeFile(key, signed.key)
  await writeFile(certificate, signed.certificate)
  return { key, certificate, ca }
}

export const TURN_SECRET = 'a shared secret of the tests'

const accepts = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect({ host: '127.0.0.1', port }, () => done(true))
    socket.on('error', () => done(false)).on('connect', () => socket.destroy())
  })

const ended = (child: ChildProcess): Promise<unknown> =>
  child.exitCode === null && child.signalCode === null
    ? new Promise((done) => child.once('exit', done))
    : Promise.resolve()

/** A real coturn on loopback with a shared secret: UDP and TCP on `port`, TLS on `tlsPort`. `more`: words of its command line. */
export const startCoturn = async (...more: string[]) => {
  const folder = await mkdtemp(join(tmpdir(), 'pyrite-coturn-'))
  const [port = 0, tlsPort = 0, relayPort = 0] = await freePorts(3)
  const { key, certificate, ca } = await makeCertificate(folder)
  const lines: string[] = []
  const child = spawn(
    turnserver ?? 'turnserver',
    [
      ...[
        '-n',
        '--verbose',
        '--listening-ip=127.0.0.1',
        '--relay-ip=127.0.0.1',
        '--no-cli',
        '--simple-log',
      ],
      ...[`--listening-port=${port}`, `--tls-listening-port=${tlsPort}`, '--log-file=stdout'],
      ...['--use-auth-secret', `--static-auth-secret=${TURN_SECRET}`, '--realm=pyrite.test'],
      ...[`--min-port=${relayPort}`, `--max-port=${relayPort + 20}`, '--no-dtls'],
      ...[`--cert=${certificate}`, `--pkey=${key}`, `--pidfile=${join(folder, 'pid')}`],
      ...['--allow-loopback-peers', `--userdb=${join(folder, 'turndb')}`],
      ...more,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], cwd: folder },
  )
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => lines.push(String(chunk)))
  }
  const isReady = async () => {
    for (const each of [port, tlsPort]) {
      if (!(await accepts(each))) throw new Error(`coturn is not ready: ${lines.join('')}`)
    }
  }
  const stop = async () => {
    child.kill('SIGCONT')
    child.kill('SIGTERM')
    await ended(child)
    await rm(folder, { recursive: true, force: true })
  }
  await eventually(isReady, 10_000).catch(async (error: unknown) => {
    await stop()
    throw error
  })
  /** It hangs until it is stopped. */
  const hang = () => child.kill('SIGSTOP')
  return { port, tlsPort, ca, lines, hang, stop }
}
export type Coturn = Awaited<ReturnType<typeof startCoturn>>
