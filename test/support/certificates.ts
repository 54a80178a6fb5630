import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { promisify } from 'node:util'

const run = promisify(execFile)
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

export type Signed = { certificate: string; key: string }

/** An authority of the test's own, which signs what it is asked to. `file` holds its certificate. */
export const createAuthority = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pyrite-authority-'))
  const at = (name: string) => join(folder, name)
  const openssl = (...args: string[]) => run('openssl', args, { cwd: folder })
  const request = ['req', ...NEW_KEY, '-subj', '/CN=test']
  await openssl(...request, '-x509', '-days', '2', '-keyout', 'ca.key', '-out', 'ca.pem')
  return {
    file: at('ca.pem'),
    /** A certificate for this name, such as "IP:127.0.0.1", that ends after so many days. */
    async sign(name: string, days = 2): Promise<Signed> {
      await openssl(...request, '-keyout', 'leaf.key', '-out', 'leaf.csr')
      await writeFile(at('names'), `subjectAltName=${name}`)
      const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-days', String(days), '-extfile', 'names']
      await openssl('x509', '-req', '-in', 'leaf.csr', ...by, '-out', 'leaf.pem')
      const [certificate, key] = await Promise.all(
        ['leaf.pem', 'leaf.key'].map((file) => readFile(at(file), 'utf8')),
      )
      return { certificate: certificate ?? '', key: key ?? '' }
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
export type Authority = Awaited<ReturnType<typeof createAuthority>>

/** What `openssl x509 -fingerprint -sha256` would say of the certificate that is shown there. */
export const fingerprintAt = (url: string): Promise<string> =>
  new Promise((done, fail) => {
    const { hostname: host, port } = new URL(url)
    const socket = connect({ host, port: Number(port), rejectUnauthorized: false })
    socket.on('error', fail)
    socket.on('secureConnect', () => {
      done(socket.getPeerX509Certificate()?.fingerprint256 ?? '')
      socket.destroy()
    })
  })
