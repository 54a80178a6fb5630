import { parseArgs } from 'node:util'
import { memoryBus } from '../platform/bus/memory.ts'
import { loadConfig } from '../platform/config/load.ts'
import { openDatabase } from '../platform/db/open.ts'
import { newId } from '../platform/ids.ts'
import { createLog } from '../platform/log.ts'
import { parse } from '../platform/parse.ts'
import type { Hub } from '../platform/ws/hub.ts'
import { CreateUser } from '../protocol/users.ts'
import { configPath, type Environment, say, UsageError } from './environment.ts'
import { createPeople, type People } from './features.ts'

type Run = (people: People, name: string, options: Options) => Promise<void>
type Options = { admin?: boolean | undefined; name?: string | undefined }

/** A running server has its own listeners; it notices ended sessions by itself within half a minute. */
const nobodyListens: Hub = {
  publish: () => undefined,
  tell: () => undefined,
  tellAll: () => undefined,
  subscribe: () => undefined,
  unsubscribe: () => undefined,
  endSession: () => undefined,
  endUser: () => undefined,
  online: () => [],
}

const find = async ({ users }: People, name: string) => {
  const user = await users.byUsername(name)
  if (!user) throw new UsageError(`There is nobody named ${name}: see user list.`)
  return user
}

const verbs: Record<string, Run> = {
  async add({ users, channels }, name, options) {
    const { user, password } = await users.create(
      parse(CreateUser, {
        username: name,
        displayName: options.name ?? name,
        role: options.admin ? 'admin' : 'member',
      }),
    )
    await channels.joinDefault(user.id)
    say(`${user.username} may sign in with the password ${password}`)
    say('It is shown this once; they can change it under Settings.')
  },
  async disable(people, name) {
    await people.users.disable((await find(people, name)).id)
    await people.channels.ensureModerated()
    say(`${name} can no longer sign in. A running server ends their connections within a minute.`)
  },
  async enable(people, name) {
    await people.users.change((await find(people, name)).id, { disabled: false })
    say(`${name} may sign in again.`)
  },
  async 'reset-password'(people, name) {
    const password = await people.auth.resetPassword((await find(people, name)).id)
    say(`The new password of ${name} is ${password}`)
    say('It is shown this once; their sessions have ended.')
  },
}

const list = async ({ users }: People) => {
  for (const { username, displayName, role, disabled } of await users.list()) {
    say(`${username.padEnd(24)} ${role.padEnd(8)}${disabled ? 'disabled ' : ''}${displayName}`)
  }
}

/** `pyrite user VERB [NAME]`: works on the database, whether the server runs or not. */
export const userCommand = async (args: string[], environment: Environment): Promise<void> => {
  const { positionals, values } = parseArgs({
    args,
    allowPositionals: true,
    options: { admin: { type: 'boolean' }, name: { type: 'string' } },
  })
  const [verb = '', name] = positionals
  const run = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined
  if (verb !== 'list' && !run)
    throw new UsageError(`user can list, ${Object.keys(verbs).join(', ')}.`)
  if (run && name === undefined) throw new UsageError(`user ${verb} needs a name.`)
  const config = loadConfig(configPath(environment), environment)
  const database = await openDatabase({ path: config.database.path })
  try {
    const people = createPeople({
      hub: nobodyListens,
      callOf: () => [],
      config,
      database,
      bus: memoryBus((error) => createLog('error').error({ err: error }, 'a bug was met')),
      now: () => new Date(),
      newId,
    })
    if (run && name !== undefined) await run(people, name, values)
    else await list(people)
  } finally {
    await database.close()
  }
}
