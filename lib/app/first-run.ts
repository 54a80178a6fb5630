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
 * Makes the admin and #general where there is nobody yet. Answers the admin's password, which is stored nowhere; undefined
 * where there are people.
 */
export const prepareFirstAdmin = async ({
  users,
  channels,
}: Pick<App, 'users' | 'channels'>): Promise<string | undefined> => {
  if ((await users.list()).length > 0) return
  const { user, password } = await users.create({
    username: 'admin',
    displayName: 'Admin',
    role: 'admin',
  })
  await channels.ensureGeneral(user.id)
  return password
}
