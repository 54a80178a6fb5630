import { printGroup } from '../sfu/galene/index.ts'
import { type Environment, UsageError } from './environment.ts'
import { asGroup } from './groups.ts'
import { withPeople } from './people.ts'

/** Only what is to be in the file goes to standard output: `pyrite galene print SLUG > SLUG.json`. */
const print = (environment: Environment, [slug]: string[]) =>
  withPeople(environment, async ({ channels }, config) => {
    if (slug === undefined) throw new UsageError('galene print needs the name of a channel.')
    const channel = (await channels.groups(slug)).find((each) => each.slug === slug)
    if (!channel) throw new UsageError(`There is no channel ${slug}.`)
    if (config.sfu.signing_key === '') {
      throw new UsageError('sfu.signing_key is empty: start Pyrite once, which writes one.')
    }
    process.stdout.write(printGroup(config, asGroup(config)(channel)))
  })

const verbs: Record<string, (environment: Environment, args: string[]) => Promise<void>> = { print }

/** `pyrite galene VERB`: what concerns the Galene that is paired with. */
export const galeneCommand = async (args: string[], environment: Environment): Promise<void> => {
  const [verb = '', ...rest] = args
  const run = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined
  if (!run) throw new UsageError(`galene can ${Object.keys(verbs).join(', ')}.`)
  await run(environment, rest)
}
