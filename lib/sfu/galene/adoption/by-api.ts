import type { Group, GroupPort } from '../../sfu.ts'
import { type GaleneApi, LostRace } from '../groups/api.ts'
import { isSame } from '../groups/group-changes.ts'
import { type Description, knownFields } from '../groups/group-file.ts'
import {
  ADOPTING,
  type AdoptionPort,
  type GroupCopy,
  RELEASING,
  restored,
  TAKEN,
  withoutWaysIn,
} from './adoption.ts'

export type AdoptionByApiNeeds = { api: GaleneApi; port: GroupPort }

const LOSES =
  'Galene shows neither passwords nor keys through its admin API, so they would be lost: adopt with galene.sync = "files" where its folder can be reached, or say --forget-passwords'
const CHANGED = 'somebody changes it at the same time: run this again'
const RESTORED =
  'passwords and keys that it had have to be set again (galenectl set-password): Galene shows them to nobody'
const GONE = 'the group is gone'

type Users = Record<string, { permissions?: unknown }>
const usersOf = ({ users }: Description): Users => (users ?? {}) as Users
const wildcardOf = (description: Description): Users[string] | undefined =>
  description['wildcard-user'] as Users[string] | undefined

/** What a PUT of a group takes: all but users and keys. */
const fieldsOf = (description: Description): Description => {
  const { users: _users, 'wildcard-user': _anybody, authKeys: _keys, ...fields } = description
  return fields
}

/** What is done with one group, a request or more each. */
const groupSteps = (api: GaleneApi) => {
  const usersThere = async (name: string): Promise<Users> => {
    const users: Users = {}
    for (const username of (await api.users(name)).sort()) {
      users[username] = { permissions: await api.roleOf(name, username) }
    }
    return users
  }
  return {
    async read(name: string): Promise<GroupCopy | undefined> {
      const found = await api.group(name)
      if (!found) return
      const users = await usersThere(name)
      const anybody = await api.wildcardRole(name)
      const description = {
        ...found.description,
        ...(Object.keys(users).length > 0 && { users }),
        ...(anybody !== undefined && { 'wildcard-user': { permissions: anybody } }),
      }
      return { name, text: `${JSON.stringify(description, null, 1)}\n`, description }
    },

    /** Changes all but users and keys, based on what is there at this moment. */
    async change(name: string, make: (now: Description) => Description): Promise<void> {
      const found = await api.group(name)
      if (!found) throw new Error(GONE)
      const next = fieldsOf(make(found.description))
      if (!isSame(next, found.description)) await api.replace(name, found.etag, next)
    },

    async restoreUsers(name: string, backup: Description): Promise<void> {
      const wanted = usersOf(backup)
      for (const username of Object.keys(await usersThere(name))) {
        if (!Object.hasOwn(wanted, username)) await api.removeUser(name, username)
      }
      for (const [username, { permissions }] of Object.entries(wanted)) {
        await api.setRole(name, username, permissions)
      }
      const anybody = wildcardOf(backup)
      if (anybody) await api.setWildcardRole(name, anybody.permissions)
      await api.setKeys(name, [])
    },
  }
}

const explained = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    if (error instanceof LostRace) throw new Error(CHANGED, { cause: error })
    throw error
  }
}

/** Groups by Galene's admin API: several writes for each, of which the comment says that they are under way. */
export const adoptionByApi = ({ api, port }: AdoptionByApiNeeds): AdoptionPort => {
  const { read, change, restoreUsers } = groupSteps(api)

  const begin = async ({ name, description }: GroupCopy): Promise<void> => {
    await change(name, (now) => {
      if (!isSame(now, fieldsOf(description))) throw new Error(CHANGED)
      return { ...withoutWaysIn(now), comment: ADOPTING }
    })
    if ((await api.wildcardRole(name)) !== undefined) await api.removeWildcard(name)
  }

  const take = async (group: Group): Promise<void> => {
    await change(group.name, (now) => ({ ...now, comment: TAKEN }))
    await port.prepare()
    await port.keep(group)
    await port.flush()
    const { state, reason } = await port.look(group.name)
    if (state === 'failed') throw new Error(reason)
  }

  const restore = async (name: string, backup: Description): Promise<string[]> => {
    await change(name, (now) => ({ ...restored(now, backup), comment: RELEASING }))
    await restoreUsers(name, backup)
    const { comment } = knownFields(backup)
    await change(name, ({ comment: _underWay, ...others }) => ({
      ...others,
      ...(comment !== undefined && { comment }),
    }))
    await port.look(name)
    return [RESTORED]
  }

  return {
    loses: LOSES,
    names: async () => (await api.groups()).sort(),
    peek: async (name) => (await api.group(name))?.description,
    read,
    begin: (copy) => explained(() => begin(copy)),
    take: (group) => explained(() => take(group)),
    restore: (name, { description }) => explained(() => restore(name, description)),
  }
}
