import type { Config } from '../../platform/config/schema.ts'
import { isUsableSlug } from '../../protocol/slug.ts'
import type { SfuHealth, StockClient, StockPerson } from '../sfu.ts'
import { groupPath } from './wire/facts.ts'
import { permissionsOf, TOKEN_SECONDS, type Tokens } from './wire/tokens.ts'

export type StockClientNeeds = {
  config: Pick<Config, 'sfu' | 'galene' | 'server'>
  kind: SfuHealth['kind']
  tokens: Tokens
  mayRecord: (group: string) => boolean
  /** A token is made with which somebody comes into this group. */
  issued: (group: string) => void
}

/** Galene's page asks for one more click before it joins with the token of a portal. */
export const PORTAL_TOKEN_SECONDS = 2 * TOKEN_SECONDS
/** Who could make tokens of Galene's own would let people in past Pyrite. */
const NEVER = 'token'

/** Throws a sentence where `galene.stock_client` is on, and cannot work with these settings. */
export const mustSuitStockClient = (
  { galene, server }: Pick<Config, 'galene' | 'server'>,
  kind: SfuHealth['kind'],
): void => {
  if (!galene.stock_client) return
  if (kind !== 'external') {
    throw new Error(
      'galene.stock_client needs a Galene of your own, with its pages: name it in sfu.url',
    )
  }
  if (server.public_url === '') {
    throw new Error('galene.stock_client needs server.public_url: where browsers find Pyrite')
  }
}

/** Galene's own page, where `galene.stock_client` allows it; undefined where it does not. Throws as `mustSuitStockClient`. */
export const createStockClient = (needs: StockClientNeeds): StockClient | undefined => {
  const { config, kind, tokens, mayRecord, issued } = needs
  const { stock_client, stock_client_url } = config.galene
  mustSuitStockClient(config, kind)
  if (!stock_client) return
  const { origin, pathname } = new URL(stock_client_url || config.sfu.url)
  const base = `${origin}${pathname.replace(/\/+$/, '')}`
  const pageOf = (group: string) => `${base}${groupPath(group)}`

  const sign = ({ username, group, role }: StockPerson, seconds: number) => {
    issued(group)
    const recording = mayRecord(group)
    const permissions = permissionsOf(role, recording).filter((word) => word !== NEVER)
    return tokens.sign({ username, group, role, recording }, { seconds, permissions })
  }

  return {
    origin,
    groupAt(location) {
      const url = URL.canParse(location) ? new URL(location) : undefined
      const name = url && /\/group\/([^/]+)\/$/.exec(url.pathname)?.[1]
      if (!url || name === undefined || !isUsableSlug(name)) return
      return `${url.origin}${url.pathname}` === pageOf(name) ? name : undefined
    },
    token: (person) => sign(person, TOKEN_SECONDS),
    pageFor: async (person) =>
      `${pageOf(person.group)}?token=${await sign(person, PORTAL_TOKEN_SECONDS)}`,
  }
}
