import { readFile } from 'node:fs/promises'
import { createServer, request as httpRequest } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createDoctor } from '../../lib/app/doctor.ts'
import { newSigningKey } from '../../lib/app/secrets.ts'
import { loadConfig } from '../../lib/platform/config/load.ts'
import { startGalene, type TestGalene } from '../support/galene.ts'
import { galenes } from '../support/sfu.ts'

/** A proxy in front of Galene that rewrites Host, as `changeOrigin` does, or not. */
const startProxy = async (target: string, host?: string) => {
  const { port, hostname } = new URL(target)
  const headersOf = (headers: Record<string, unknown>) => ({ ...headers, ...(host && { host }) })
  const server = createServer((request, response) => {
    const options = { port, hostname, path: request.url, headers: headersOf(request.headers) }
    httpRequest(options as never, (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers)
      answer.pipe(response)
    }).end()
  })
  server.on('upgrade', (request, socket) => {
    const upstream = connect({ port: Number(port), host: hostname }, () => {
      const lines = Object.entries(headersOf(request.headers)).map(([k, v]) => `${k}: ${v}`)
      upstream.write(`GET ${request.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
      socket.pipe(upstream).pipe(socket)
    })
    for (const each of [socket, upstream]) each.on('error', () => undefined)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

describe.each(galenes())("the doctor and Galene's own page, on %s", (binary) => {
  let galene: TestGalene
  const proxies: Awaited<ReturnType<typeof startProxy>>[] = []
  beforeAll(async () => {
    galene = await startGalene({ binary })
  })
  afterEach(() => {
    for (const { server } of proxies.splice(0)) server.close().closeAllConnections()
  })
  afterAll(() => galene.end())
  const proxied = async (host?: string) => {
    const proxy = await startProxy(galene.url, host)
    proxies.push(proxy)
    return proxy.url
  }
  const codesAt = async (stock_client_url: string) => {
    const config = loadConfig('nowhere.toml')
    const { sfu, galene: settings } = config
    const { findings } = await createDoctor({
      config: {
        ...config,
        sfu: { ...sfu, url: galene.url, groups_dir: galene.groups, signing_key: newSigningKey() },
        galene: { ...settings, stock_client: true, stock_client_url },
      },
      ...{ now: () => new Date(), sfuUrl: () => galene.url, isSfuHere: false, isBuiltin: false },
      groups: async () => [],
      iceFileProblem: () => undefined,
    }).examine()
    return findings.map(({ code }) => code).filter((code) => code.startsWith('client-page'))
  }

  it('is content where the proxy passes Host on', async () => {
    expect(await codesAt(await proxied())).toEqual(['client-page'])
  })

  it('says that a proxy which changes Host sends browsers elsewhere, and needs proxyURL', async () => {
    const { host } = new URL(galene.url)
    const url = await proxied(host)
    expect(await codesAt(url)).toEqual(['client-page-host'])
    // With the right proxyURL the page knows its address, and Galene still refuses its origin.
    await galene.setConfig({ proxyURL: `${url}/` })
    expect(await codesAt(url)).toEqual(['client-page-origin'])
    // Since 1.0 other origins can be allowed.
    if ((await readFile(binary)).includes('allowOrigin')) {
      await galene.setConfig({ proxyURL: `${url}/`, allowOrigin: [url] })
      expect(await codesAt(url)).toEqual(['client-page'])
    }
    await galene.setConfig({})
  })

  it('takes an address as browsers do, in whatever case it is written', async () => {
    const { port } = new URL(await proxied())
    await galene.setConfig({ proxyURL: `http://localhost:${port}/` })
    const codes = await codesAt(`http://LOCALHOST:${port}`)
    await galene.setConfig({})
    expect(codes).toEqual(['client-page'])
  })

  it('says that nothing is there', async () => {
    expect(await codesAt('http://127.0.0.1:9')).toEqual(['client-page-unreachable'])
  })
})
