import { parseArgs } from 'node:util'
import type { Config } from '../platform/config/schema.ts'
import { createLog } from '../platform/log.ts'
import { asOneLine } from '../protocol/line.ts'
import type { User } from '../protocol/users.ts'
import { type Look, lookAt } from '../sfu/galene/adoption/adoption.ts'
import { type Adoption, createAdoption } from '../sfu/galene/adoption/ways.ts'
import { chooseSfu } from '../sfu/galene/server/choose.ts'
import { describePlan, keptNotes, mustBeOwner, type Plan, planFor } from './adopt-plan.ts'
import { type Environment, say, UsageError } from './environment.ts'
import type { People } from './features.ts'
import { withPeople } from './people.ts'
import { builtinCommand } from './program.ts'

const BY_HAND =
  'With galene.sync = "off" Pyrite neither reads nor writes groups: set "files" or "api" first.'

/** Throws a sentence where groups cannot be reached at all. */
export const mustHaveKey = ({ sfu }: Pick<Config, 'sfu'>): void => {
  if (sfu.signing_key !== '') return
  throw new UsageError('sfu.signing_key is empty: start Pyrite once, which writes one.')
}

export type World = { people: People; config: Config; adoption: Adoption }

/** Runs a command's work on the groups of the Galene that is paired with. */
export const withGroups = async (
  environment: Environment,
  work: (world: World) => Promise<boolean>,
): Promise<boolean> => {
  let isWell = true
  await withPeople(environment, async (people, config) => {
    mustHaveKey(config)
    const choice = chooseSfu({ config, environment, builtinCommand: builtinCommand() })
    const [now, log] = [() => new Date(), createLog('silent')]
    const adoption = createAdoption({ config, choice, log, now })
    if (!adoption) throw new UsageError(BY_HAND)
    try {
      isWell = await work({ people, config, adoption })
    } finally {
      adoption.close()
    }
  })
  return isWell
}

const indent = (lines: readonly string[]) => {
  for (const line of lines) say(`    ${line}`)
}

/** Every group, or those that are named; one that is not there is said, and left out. */
const looksAt = async ({ port, jwk }: Adoption, names?: readonly string[]) => {
  const looks: Look[] = []
  const missing: string[] = []
  for (const name of names ?? (await port.names())) {
    const look = await lookAt(port, name, { jwk, now: new Date() })
    if (look) looks.push(look)
    else missing.push(name)
  }
  return { looks, missing }
}

const stateOf = async (
  { people, adoption }: World,
  { name, displayName, standing }: Look,
): Promise<string> => {
  const [channel] = standing.is === 'unfit' ? [] : await people.channels.groups(name)
  switch (standing.is) {
    case 'unfit':
      return `cannot be adopted: ${standing.why}`
    case 'adopting':
      return 'half adopted: run adopt again'
    case 'releasing':
      return 'half released: run release again'
    case 'ours':
      if (!channel) return 'was written by this Pyrite, for a channel that is gone'
      return (await adoption.backups.latest(name).catch(() => undefined))
        ? `is the call of its channel, adopted`
        : `is the call of its channel`
    case 'free':
      return channel
        ? 'can be adopted: a channel of this name is there, which would get it'
        : `can be adopted${displayName === '' ? '' : `: "${displayName}"`}`
  }
}

const sayList = async (world: World): Promise<boolean> => {
  const { looks } = await looksAt(world.adoption)
  if (looks.length === 0) say('There are no groups.')
  for (const look of looks) say(`${asOneLine(look.name).padEnd(24)} ${await stateOf(world, look)}`)
  return true
}

/** `pyrite galene list`: every group that Galene has, and what it is to Pyrite. */
export const listGroups = (environment: Environment): Promise<boolean> =>
  withGroups(environment, sayList)

/** Why a group is left alone. */
const leftAlone = ({ standing }: Look): string => {
  if (standing.is === 'ours') return 'it belongs to this Pyrite already'
  if (standing.is === 'releasing') return 'it is half released: run release again first'
  return standing.is === 'unfit' ? standing.why : ''
}

type Options = { owner: User; isPrivate: boolean; isDry: boolean; mayForget: boolean }

/** The plans for groups that can be adopted; those that cannot are said. */
const plansFor = async (world: World, looks: readonly Look[], options: Options) => {
  const plans: Plan[] = []
  for (const look of looks) {
    const { is } = look.standing
    const copy =
      is === 'free' || is === 'adopting' ? await world.adoption.port.read(look.name) : undefined
    if (copy) plans.push(await planFor({ ...world, ...options }, copy, is === 'adopting'))
    else say(`${asOneLine(look.name)}: left alone: ${leftAlone(look)}`)
  }
  return plans
}

const adoptOne = async ({ people, adoption }: World, plan: Plan, owner: User) => {
  const { copy, channel, group } = plan
  await adoption.port.begin(copy)
  if (channel) await people.channels.adopt(owner.id, channel)
  await adoption.port.take(group, copy)
}

const INVITATIONS =
  'Invitations that Galene made for them before stay good until they expire: see galenectl list-tokens.'

/** Answers whether all went well. One that fails keeps the others from nothing. */
const adoptAll = async (world: World, plans: readonly Plan[], { owner }: Options) => {
  let isWell = true
  for (const plan of plans) {
    const { name } = plan.copy
    try {
      await adoptOne(world, plan, owner)
      say(`${name}: ${describePlan(plan, owner, world.adoption.jwk)[0]}`)
      indent(keptNotes(plan.copy))
    } catch (error) {
      isWell = false
      say(`${name}: FAILED: ${(error as Error).message}`)
    }
  }
  await world.adoption.tellServer()
  say(INVITATIONS)
  return isWell
}

const mustKeepAll = async ({ adoption }: World, plans: readonly Plan[]) => {
  const { backups } = adoption
  for (const { copy, isResumed } of plans) {
    if (isResumed && !(await backups.latest(copy.name))) {
      throw new Error(`${copy.name} is half adopted, and its backup in ${backups.folder} is gone`)
    }
  }
  await backups.keep(plans.filter(({ isResumed }) => !isResumed).map(({ copy }) => copy))
  say(`Copies of the groups as they were are in ${backups.folder}: keep them.`)
}

const sayPlans = ({ adoption }: World, plans: readonly Plan[], { owner }: Options) => {
  for (const plan of plans) {
    say(`${plan.copy.name}:`)
    indent(describePlan(plan, owner, adoption.jwk))
  }
  if (plans.length > 0) {
    if (adoption.port.loses) say(adoption.port.loses)
    say(INVITATIONS)
  }
  say('Nothing was changed.')
}

const adoptThese = async (world: World, names: readonly string[] | undefined, options: Options) => {
  const { port } = world.adoption
  const { looks, missing } = await looksAt(world.adoption, names)
  for (const name of missing) say(`${name}: there is no such group`)
  const plans = await plansFor(world, looks, options)
  const done = looks.filter(({ standing }) => standing.is === 'ours').length
  const isComplete = names === undefined || plans.length + done === names.length
  if (options.isDry) {
    sayPlans(world, plans, options)
    return isComplete
  }
  if (plans.length === 0) {
    say('There is nothing to adopt.')
    return isComplete
  }
  if (port.loses && !options.mayForget) throw new UsageError(port.loses)
  await mustKeepAll(world, plans)
  return (await adoptAll(world, plans, options)) && isComplete
}

const ADOPT_OPTIONS = {
  owner: { type: 'string' },
  all: { type: 'boolean', default: false },
  open: { type: 'boolean', default: false },
  'dry-run': { type: 'boolean', default: false },
  'forget-passwords': { type: 'boolean', default: false },
} as const

/** `pyrite galene adopt NAME... | --all`: makes channels of groups that Galene has. Without either it lists them. */
export const adoptGroups = (environment: Environment, args: string[]): Promise<boolean> => {
  const { positionals, values } = parseArgs({
    args,
    allowPositionals: true,
    options: ADOPT_OPTIONS,
  })
  const names = [...new Set(positionals)]
  return withGroups(environment, async (world) => {
    if (names.length === 0 && !values.all) {
      await sayList(world)
      say('Name those to adopt, or say --all; with --dry-run nothing is changed.')
      return true
    }
    return adoptThese(world, values.all ? undefined : names, {
      owner: await mustBeOwner(world.people, values.owner),
      isPrivate: !values.open,
      isDry: values['dry-run'],
      mayForget: values['forget-passwords'],
    })
  })
}
