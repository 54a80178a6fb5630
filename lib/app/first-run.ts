import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { exampleToml } from '../platform/config/example.ts'
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
