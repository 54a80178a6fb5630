import { parseArgs } from 'node:util'
import { parse } from '../platform/parse.ts'
import { asOneLine } from '../protocol/line.ts'
import { CreateUser } from '../protocol/users.ts'
import { type Environment, say, UsageError } from './environment.ts'
import type { People } from './features.ts'
import { withPeople } from './people.ts'

type Run = (people: People, name: string, options: Options) => Promise<void>
type Options = { admin?: boolean | undefined; name?: string | undefined }

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
    const { id } = await people.users.disable((await find(people, name)).id)
    await people.auth.endAllOf(id)
    say(`${name} can no longer sign in. A running server ends their connections at once.`)
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
    say(
      `${username.padEnd(24)} ${role.padEnd(8)}${disabled ? 'disabled ' : ''}${asOneLine(displayName)}`,
    )
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
  await withPeople(environment, async (people) => {
    if (run && name !== undefined) await run(people, name, values)
    else await list(people)
  })
}
