import { expect, it, vi } from 'vitest'
import { runCommand } from '../../../../lib/app/commands.ts'

const PIN = '7c'.repeat(32)
const SECURE = { PYRITE_SFU_URL: 'https://127.0.0.1:9' }
const PLAIN = { PYRITE_SFU_URL: 'http://127.0.0.1:9' }

it.each<[string, Record<string, string>, string]>([
  ["Galene's page without an address of Pyrite", PLAIN, 'needs server.public_url'],
  ["Galene's page without a Galene", { PYRITE_SFU_GALENE_BINARY: 'none' }, 'name it in sfu.url'],
])('check-config and the doctor refuse what the server would not start with: %s', async (...of) => {
  await isRefused({ ...of[1], PYRITE_GALENE_STOCK_CLIENT: 'true' }, of[2])
})

it.each<[string, Record<string, string>, string]>([
  ['a pin over http', { ...PLAIN, PYRITE_GALENE_CERTIFICATE_SHA256: PIN }, 'for an https sfu.url'],
  ['no authority', { ...SECURE, PYRITE_GALENE_CA_FILE: '/nowhere.pem' }, 'cannot be read'],
  ['no program', { PYRITE_SFU_GALENE_BINARY: '/nowhere/galene' }, 'there is no program'],
])('and %s', async (_what, environment, sentence) => {
  await isRefused(environment, sentence)
})

const isRefused = async (settings: Record<string, string>, sentence: string) => {
  const environment = { PYRITE_CONFIG: '/nowhere/config.toml', ...settings }
  const spy = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  try {
    for (const command of ['check-config', 'doctor']) {
      expect(await runCommand([command], environment)).toBe(1)
      expect(String(spy.mock.lastCall?.[0])).toContain(sentence)
    }
  } finally {
    spy.mockRestore()
  }
}
