import { parseArgs } from 'node:util'
import { lookAt, restored } from '../sfu/galene/adoption/adoption.ts'
import { changesBetween } from '../sfu/galene/groups/group-changes.ts'
import { type World, withGroups } from './adopt-command.ts'
import { type Environment, say, UsageError } from './environment.ts'

/** The backup of a group that can be released. Throws a sentence for every other. */
const mustBeAdopted = async ({ adoption: { port, jwk, backups } }: World, name: string) => {
  const look = await lookAt(port, name, { jwk, now: new Date() })
  if (!look) throw new UsageError(`There is no group ${name}.`)
  const { standing } = look
  if (standing.is === 'unfit') throw new UsageError(`${name} cannot be released: ${standing.why}`)
  if (standing.is === 'free') throw new UsageError(`${name} does not belong to Pyrite.`)
  const backup = await backups.latest(name)
  if (backup) return backup
  throw new UsageError(
    `${name} was not adopted: Pyrite made it, and ${backups.folder} holds no copy of it.`,
  )
}

/**
 * `pyrite galene release CHANNEL`: gives an adopted group back as it was. What Pyrite says in a group comes from the backup, other
 * fields stay as they are now. The channel stays, without a call.
 */
export const releaseGroup = (environment: Environment, args: string[]): Promise<boolean> => {
  const { positionals, values } = parseArgs({
    args,
    allowPositionals: true,
    options: { 'dry-run': { type: 'boolean', default: false } },
  })
  const [name, ...more] = positionals
  if (name === undefined || more.length > 0) {
    throw new UsageError('galene release needs the name of one channel.')
  }
  return withGroups(environment, async (world) => {
    const { port } = world.adoption
    const backup = await mustBeAdopted(world, name)
    if (values['dry-run']) {
      const now = (await port.read(name))?.description ?? {}
      say(`${name}: would be given back`)
      for (const line of changesBetween(now, restored(now, backup.description))) say(`    ${line}`)
      say('Nothing was changed.')
      return true
    }
    const notes = await port.restore(name, backup)
    await world.adoption.tellServer()
    say(`${name}: Galene's again, as it was before it was adopted`)
    for (const note of notes) say(`    ${note}`)
    say('    its channel stays, with its people and messages, but without a call: adopt it again')
    say('    to have one. Whoever is in the call now stays until they leave.')
    return true
  })
}
