import type { Config } from '../../../platform/config/schema.ts'
import { askStatus, type StatusAnswer } from '../wire/ask-status.ts'
import { createConnecting } from '../wire/tls.ts'
import { type JoinTry, tryJoin } from './try-join.ts'

/** Galene's own page, looked at as a browser there would. */
export type PageLook = { url: string; status: StatusAnswer; join: JoinTry }

export type PageNeeds = {
  config: Config
  group: string
  token: string
  /** A client id of the doctor's. */
  newId: () => string
  now: () => Date
}

/** Looks at Galene's own page where people may open it; undefined where they may not. Never rejects. */
export const lookAtPage = async (needs: PageNeeds): Promise<PageLook | undefined> => {
  const { config, group, token, newId, now } = needs
  const { stock_client, stock_client_url } = config.galene
  if (!stock_client) return undefined
  const url = (stock_client_url || config.sfu.url).replace(/\/+$/, '')
  // Browsers know neither our authority nor our pin.
  const trusted = { ...config.galene, ca_file: '', certificate_sha256: '' }
  const connecting = createConnecting(url.startsWith('https:'), trusted, now)
  try {
    const headers = { origin: new URL(url).origin }
    const [status, join] = await Promise.all([
      askStatus({ url, group, host: '', connecting, now }),
      tryJoin({ url, group, token, id: newId(), connecting, headers }),
    ])
    return { url, status, join }
  } finally {
    connecting.close()
  }
}
