import { afterEach, expect, it, vi } from 'vitest'
import { newId } from '../../../../src/platform/ids.ts'

afterEach(() => vi.unstubAllGlobals())

it('ids are made on a page without https too, where there is no randomUUID', () => {
  const { crypto } = globalThis
  const getRandomValues = crypto.getRandomValues.bind(crypto)
  vi.stubGlobal('crypto', { getRandomValues })
  const ids = new Set(Array.from({ length: 100 }, newId))
  expect(ids.size).toBe(100)
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/)
})
