import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { type RequestOptions, request } from 'node:https'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { type Authority, createAuthority } from '../support/certificates.ts'
import { eventually } from '../support/eventually.ts'
import { PASSWORD, type Pyrite, startPyrite } from '../support/pyrite.ts'
import { type Json, type SfuUnderTest, sfusUnderTest, startBuiltin } from '../support/sfu.ts'

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
/** Where root's programs lie is not on everybody's PATH. */
const find = (program: string): string | undefined =>
  [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
    .map((folder) => join(folder, program))
    .find(isProgram)

const freePort = async (): Promise<number> => {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  await new Promise((done) => probe.close(done))
  return port
}

/** The one text of this language in the guide. */
const fromGuide = async (language: string): Promise<string> => {
  const guide = await readFile(join(import.meta.dirname, '../../docs/galene.md'), 'utf8')
  const found = new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'm').exec(guide)?.[1]
  if (found === undefined) throw new Error(`the guide has no text for ${language}`)
  return found
}

type Place = { folder: string; port: number; pyrite: number }

/** The guide's text with nothing changed but names, ports and paths. */
const settle = (text: string, changes: readonly (readonly [string, string])[]): string =>
  changes.reduce((so, [from, to]) => {
    if (!so.includes(from)) throw new Error(`the guide no longer says ${from}`)
    return so.replaceAll(from, to)
  }, text)

const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']

const nginx = async ({ folder, port, pyrite }: Place): Promise<string[]> => {
  const site = settle(await fromGuide('nginx'), [
    ['listen 443 ssl;', `listen 127.0.0.1:${port} ssl;`],
    ['/etc/ssl/chat.example.org', join(folder, 'tls')],
    ['chat.example.org', '127.0.0.1'],
    ['127.0.0.1:8080', `127.0.0.1:${pyrite}`],
  ])
  const paths = TEMPORARY.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')
  const own = `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/log; events {}`
  const file = join(folder, 'nginx.conf')
  await writeFile(file, `${own}\nhttp { access_log off; ${paths}\n${site}\n}\n`)
  return ['-p', folder, '-c', file]
}

const caddy = async ({ folder, port, pyrite }: Place): Promise<string[]> => {
  const certificate = `tls ${join(folder, 'tls.pem')} ${join(folder, 'tls.key')}`
  const site = settle(await fromGuide('caddyfile'), [
    ['chat.example.org {', `https://127.0.0.1:${port} {\n\t${certificate}`],
    ['127.0.0.1:8080', `127.0.0.1:${pyrite}`],
  ])
  const file = join(folder, 'Caddyfile')
  await writeFile(file, `{\n\tadmin off\n\tauto_https disable_redirects\n}\n${site}`)
  return ['run', '--config', file, '--adapter', 'caddyfile']
}

const PROXIES = [
  { name: 'nginx', program: process.env.NGINX ?? find('nginx'), prepare: nginx },
  { name: 'Caddy', program: process.env.CADDY ?? find('caddy'), prepare: caddy },
]
for (const { name, program } of PROXIES) {
  if (!program) process.stderr.write(`Left out: ${name} in front of Pyrite. It is not installed.\n`)
}
const SFUS: SfuUnderTest[] = sfusUnderTest().slice(0, 2)
/** Whom we come from, as the proxy sees it. */
const OUR_ADDRESS = '127.0.0.2'

const RUNS = PROXIES.flatMap((proxy) => SFUS.map((sfu) => ({ ...proxy, sfu })))

for (const { name, program, prepare, sfu } of RUNS) {
  describe.runIf(program)(`Pyrite behind ${name} as the guide says, with ${sfu.name}`, () => {
    let folder: string
    let authority: Authority
    let ca: string
    let url: string
    let pyrite: Pyrite
    let builtin: Awaited<ReturnType<typeof startBuiltin>> | undefined
    let proxy: ChildProcess
    let cookie: string

    const ask = async (method: string, path: string, body?: unknown, headers = {}) => {
      const json = body === undefined ? {} : { 'content-type': 'application/json' }
      const options: RequestOptions = { method, ca, localAddress: OUR_ADDRESS }
      const asked = request(`${url}${path}`, {
        ...options,
        headers: { origin: url, ...json, ...headers },
      })
      asked.end(body === undefined ? undefined : JSON.stringify(body))
      const [answer] = await once(asked, 'response')
      let text = ''
      for await (const part of answer) text += part
      return { status: answer.statusCode, headers: answer.headers, text }
    }
    const open = (path: string, headers: Record<string, string>) => {
      const socket = new WebSocket(`${url.replace('https', 'wss')}${path}`, {
        ...{ ca, headers, localAddress: OUR_ADDRESS, perMessageDeflate: false },
      })
      socket.on('error', () => undefined)
      const heard: Json[] = []
      socket.on('message', (frame) => heard.push(JSON.parse(String(frame))))
      const hears = (fields: Json) =>
        eventually(() => expect(heard).toContainEqual(expect.objectContaining(fields)), 10_000)
      return { socket, hears, send: (message: Json) => socket.send(JSON.stringify(message)) }
    }

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'pyrite-proxy-'))
      authority = await createAuthority()
      ca = await readFile(authority.file, 'utf8')
      const { certificate, key } = await authority.sign('IP:127.0.0.1')
      await writeFile(join(folder, 'tls.pem'), certificate)
      await writeFile(join(folder, 'tls.key'), key)
      const port = await freePort()
      url = `https://127.0.0.1:${port}`
      const server = { public_url: url, trusted_proxies: ['127.0.0.1'] }
      const data = join(folder, 'pyrite')
      if (!sfu.galene) builtin = await startBuiltin(data)
      pyrite = builtin
        ? await startPyrite({ folder: data, settings: { server, sfu: { url: builtin.url } } })
        : await startPyrite({ settings: { server }, sfu: { galene: sfu.galene ?? '' } })
      const args = await prepare({ folder, port, pyrite: pyrite.port })
      proxy = spawn(program ?? '', args, { stdio: 'ignore', env: { ...process.env, HOME: folder } })
      await eventually(() => ask('GET', '/healthz'), 10_000)
      const answer = await ask(
        ...(['POST', '/api/session', { username: 'bob', password: PASSWORD }] as const),
        { 'x-forwarded-for': '203.0.113.9' },
      )
      expect(answer.status).toBe(200)
      const [set = ''] = answer.headers['set-cookie'] ?? []
      expect(set).toMatch(/; Secure/i)
      cookie = set.split(';', 1)[0] ?? ''
    })
    afterAll(async () => {
      if (proxy?.exitCode === null) {
        proxy.kill('SIGTERM')
        await once(proxy, 'exit')
      }
      await pyrite?.stop()
      await builtin?.stop()
      await authority?.remove()
      await rm(folder, { recursive: true, force: true })
    })

    it('people are known by their own address, whatever they say of it', async () => {
      const { address } = await pyrite.database.db
        .selectFrom('sessions')
        .select('address')
        .executeTakeFirstOrThrow()
      expect(address).toBe(OUR_ADDRESS)
    })

    it('what is said over REST is heard over /ws', async () => {
      const { socket, hears } = open('/ws', { cookie, origin: url })
      await hears({ type: 'hello' })
      const posted = await ask(
        ...([
          'POST',
          '/api/channels/general/messages',
          { clientId: 'client-1', text: 'Hello' },
        ] as const),
        { cookie },
      )
      expect(posted.status).toBe(201)
      await hears({ type: 'chat.message' })
      socket.terminate()
    })

    it('people join calls over /sfu', async () => {
      const { socket, hears, send } = open('/sfu', { cookie, origin: url })
      await once(socket, 'open')
      send({ type: 'handshake', version: ['2'], id: 'bob-1' })
      send({ type: 'join', kind: 'join', group: 'general' })
      await hears({ type: 'joined', kind: 'join', group: 'general' })
      socket.terminate()
    })

    it.each(['/ws', '/sfu'])(
      'a page at another address is refused at %s [WS-1] [SFU-1]',
      async (path) => {
        const { socket } = open(path, { cookie, origin: 'https://evil.example' })
        const [, answer] = await once(socket, 'unexpected-response')
        expect(answer.statusCode).toBe(403)
        socket.terminate()
      },
    )
  })
}
