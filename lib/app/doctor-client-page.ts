import type { Finding } from '../protocol/admin.ts'
import type { PageLook } from '../sfu/galene/look/look-at-page.ts'
import { found, well } from './doctor-findings.ts'

const FORBIDDEN = 403

/** As a browser takes them: case of the host, and a port that goes without saying, make no difference. */
const isSame = (one: string, other: string): boolean =>
  URL.canParse(one) && new URL(one).href === new URL(other).href

/** What Galene's own page tells a browser at this address, and whether it may connect from there. */
export const clientPageFindings = (look: PageLook | undefined): Finding[] => {
  if (!look) return []
  const { url, status, join } = look
  // Browsers know neither galene.ca_file nor the pin.
  if (status.is === 'untrusted') {
    return [found('client-page-unreachable', `browsers do not trust the certificate of ${url}`)]
  }
  if (status.is !== 'answered') return [found('client-page-unreachable', status.why)]
  if (status.status !== 200) {
    return [found('client-page-unreachable', `${url} answers ${status.status}`)]
  }
  const expected = `${url.replace(/^http/, 'ws')}/ws`
  if (status.endpoint !== undefined && !isSame(status.endpoint, expected)) {
    return [found('client-page-host', `${status.endpoint}, not ${expected}`)]
  }
  if (join.is === 'no-upgrade') {
    return join.status === FORBIDDEN
      ? [found('client-page-origin')]
      : [found('client-page-unreachable', `its WebSocket answers ${join.status}`)]
  }
  return [well('client-page', `Galene's own page works at ${url}.`)]
}
