import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { memoryBus } from '../platform/bus/memory.ts'
import { loadConfig } from '../platform/config/load.ts'
import type { Config } from '../platform/config/schema.ts'
import { openDatabase } from '../platform/db/open.ts'
import { newId } from '../platform/ids.ts'
import type { Examination, Finding, FindingLevel } from '../protocol/admin.ts'
import { compareGroups, type GroupDifference } from '../sfu/galene/groups/compare-groups.ts'
import { runningSfuUrl } from '../sfu/galene/server/running.ts'
import { createTokens } from '../sfu/galene/wire/tokens.ts'
import { createDoctor } from './doctor.ts'
import { type FindingCode, found } from './doctor-findings.ts'
import { isLoopbackUrl } from './doctor-network.ts'
import { configPath, type Environment, say } from './environment.ts'
import { createPeople } from './features.ts'
import { mustFit } from './fitting-settings.ts'
import { asGroup } from './groups.ts'
import { nobodyListens } from './people.ts'

const CODES: Record<GroupDifference['is'], FindingCode> = {
  stale: 'group-stale',
  unmanaged: 'group-unmanaged',
  'other-key': 'group-other-key',
  unreadable: 'group-failed',
}
/** Groups named one by one for each kind of difference. */
const MOST_NAMED = 5

const findingsOf = (is: GroupDifference['is'], differences: readonly GroupDifference[]) => {
  const named = differences.slice(0, MOST_NAMED)
  const more = differences.length - named.length
  const details = named.map((each) =>
    each.is === 'unreadable' ? `${each.name}, ${each.why}` : each.name,
  )
  return [...details, ...(more > 0 ? [`and ${more} more`] : [])].map((detail) =>
    found(CODES[is], detail),
  )
}

/** Every group as the channels want it, from the database, whether the server runs or not. */
const groupsIn = async (config: Config) => {
  // Opening it would make it.
  if (!existsSync(config.database.path)) return []
  const database = await openDatabase({ path: config.database.path })
  try {
    const { channels } = createPeople({
      ...{
        config,
        database,
        hub: nobodyListens,
        callOf: () => [],
        recordingOf: () => undefined,
        newId,
      },
      bus: memoryBus(() => undefined),
      now: () => new Date(),
    })
    return (await channels.groups()).map(asGroup(config))
  } finally {
    await database.close()
  }
}

/** Only files can be read from here; a running Pyrite knows more, and its page for admins says so. */
const groupFindings = async (config: Config): Promise<Finding[]> => {
  if (config.sfu.url !== '' && config.galene.sync !== 'files') return []
  const { jwk } = createTokens({ config: config.sfu, now: () => new Date() })
  const groups = await groupsIn(config)
  try {
    const differences = await compareGroups(groups, config.sfu.groups_dir, jwk)
    const kinds = [...new Set(differences.map(({ is }) => is))]
    return kinds.flatMap((kind) =>
      findingsOf(
        kind,
        differences.filter(({ is }) => is === kind),
      ),
    )
  } catch (error) {
    return [found('groups-not-written', (error as Error).message)]
  }
}

const doctorFor = (config: Config, environment: Environment) => {
  const choice = mustFit(config, environment)
  const isOurs = 'run' in choice
  const url = isOurs ? (runningSfuUrl(config.sfu.data_dir) ?? '') : choice.url
  const doctor = createDoctor({
    ...{ config, now: () => new Date(), sfuUrl: () => url },
    isSfuHere: isOurs || isLoopbackUrl(url),
    isBuiltin: choice.kind === 'builtin',
    groups: () => groupFindings(config),
    iceFileProblem: () => undefined,
  })
  return { doctor, description: choice.description }
}

const MARKS: Record<FindingLevel, string> = { problem: 'PROBLEM', warning: 'warning', ok: 'ok' }

const sayFinding = ({ level, code, what, why, fix }: Finding) => {
  say(`${MARKS[level].padEnd(8)} ${what}`)
  if (level === 'ok') return
  say(`         Why it matters: ${why}`)
  say(`         What to do: ${fix}`)
  say(`         (${code})`)
}

const sayAll = (description: string, { findings, iceServers, candidates }: Examination) => {
  say(`Calls are carried by ${description}.`)
  say()
  for (const finding of findings) sayFinding(finding)
  if (iceServers.length > 0) say('\nICE servers, as a browser is given them, tried from here:')
  for (const { url, ok, says, ms } of iceServers) {
    say(`  ${ok ? 'ok    ' : 'FAILED'} ${url}: ${says}${ms === undefined ? '' : `, ${ms} ms`}`)
  }
  if (candidates.length > 0) say('\nAddresses at which a browser would look for media:')
  for (const { type, address, isPrivate } of candidates) {
    say(`  ${type.padEnd(6)} ${address}${isPrivate ? ' (private: of no use from elsewhere)' : ''}`)
  }
}

/**
 * `pyrite doctor [--json]`: looks over everything that calls need, and changes nothing that lasts. Answers whether it found no
 * problem.
 */
export const doctorCommand = async (args: string[], environment: Environment): Promise<boolean> => {
  const { values } = parseArgs({ args, options: { json: { type: 'boolean', default: false } } })
  const config = loadConfig(configPath(environment), environment)
  const { doctor, description } = doctorFor(config, environment)
  const examination = await doctor.examine()
  if (values.json) say(JSON.stringify({ sfu: description, ...examination }, null, 1))
  else sayAll(description, examination)
  return !examination.findings.some(({ level }) => level === 'problem')
}
