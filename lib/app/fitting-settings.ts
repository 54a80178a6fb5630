import type { Config } from '../platform/config/schema.ts'
import { type Choice, chooseSfu } from '../sfu/galene/server/choose.ts'
import { mustSuitStockClient } from '../sfu/galene/stock-client.ts'
import { readAuthority } from '../sfu/galene/wire/tls.ts'
import type { Environment } from './environment.ts'
import { builtinCommand } from './program.ts'

/** Which SFU these settings choose. Throws a sentence where the server would not start with them. */
export const mustFit = (config: Config, environment: Environment): Choice => {
  const choice = chooseSfu({ config, environment, builtinCommand: builtinCommand() })
  if ('url' in choice && choice.url.startsWith('https:')) readAuthority(config.galene.ca_file)
  mustSuitStockClient(config, choice.kind)
  return choice
}
