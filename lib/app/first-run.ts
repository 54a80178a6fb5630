import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { exampleToml } from '../platform/config/example.ts'
import type { App } from './app.ts'
import { newSigningKey, newToken } from './secrets.ts'

/**
 * Writes a first config.toml with fresh secrets, readable by its owner only. Answers whether it did: a file that is there is never touched.
 * The file appears whole or not at all.
 */
export const writeFirstConfig = (path: string): boolean => {
  if (existsSync(path)) return false
  mkdirSync(dirname(path), { recursive: true })
  const text = exampleToml({
    'sfu.signing_key': newSigningKey(),
    'metrics.token': newToken(),
  })
  const half = `${path}.${process.pid}.tmp`
  writeFileSync(half, text, { mode: 0o600, flush: true })
  renameSync(half, path)
  return true
}

/**
 * Makes the admin where there is nobody yet, and #general with everybody in it where it is missing: an earlier start may have ended
 * half-way, or the command line have added people first. Answers the admin's password, which is stored nowhere; undefined where
 * there were people.
 */
export const prepareFirstAdmin = async ({
  users,
  channels,
}: Pick<App, 'users' | 'channels'>): Promise<string | undefined> => {
  const everybody = await users.list()
  const made =
    everybody.length === 0
      ? await users.create({ username: 'admin', displayName: 'Admin', role: 'admin' })
      : undefined
  const admin = made?.user ?? everybody.find(({ role, disabled }) => role === 'admin' && !disabled)
  if (admin && (await channels.ensureGeneral(admin.id))) {
    for (const { id } of everybody) await channels.joinDefault(id)
  }
  return made?.password
}
