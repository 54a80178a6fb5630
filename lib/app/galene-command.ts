import { printGroup } from '../sfu/galene/index.ts'
import { adoptGroups, listGroups, mustHaveKey } from './adopt-command.ts'
import { type Environment, UsageError } from './environment.ts'
import { asGroup } from './groups.ts'
import { withPeople } from './people.ts'
import { releaseGroup } from './release-command.ts'

/** Only what is to be in the file goes to standard output: `pyrite galene print SLUG > SLUG.json`. */
const print = (environment: Environment, [slug]: string[]) =>
  withPeople(environment, async ({ channels }, config) => {
    if (slug === undefined) throw new UsageError('galene print needs the name of a channel.')
    const channel = (await channels.groups(slug)).find((each) => each.slug === slug)
    if (!channel) throw new UsageError(`There is no channel ${slug}.`)
    mustHaveKey(config)
    process.stdout.write(printGroup(config, asGroup(config)(channel)))
  })

/** Answers false where not all went well. */
type Verb = (environment: Environment, args: string[]) => Promise<unknown>
const verbs: Record<string, Verb> = {
  list: listGroups,
  adopt: adoptGroups,
  release: releaseGroup,
  print,
}

/** `pyrite galene VERB`: what concerns the Galene that is paired with. */
export const galeneCommand = async (args: string[], environment: Environment): Promise<unknown> => {
  const [verb = '', ...rest] = args
  const run = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined
  if (!run) throw new UsageError(`galene can ${Object.keys(verbs).join(', ')}.`)
  return run(environment, rest)
}
