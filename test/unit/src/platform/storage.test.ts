import { expect, it } from 'vitest'
import { createStorage } from '../../../../src/platform/storage.ts'

const memory = () => {
  const map = new Map<string, string>()
  return {
    getItem: (key: string) => map.get(key) ?? null,
    setItem: (key: string, text: string) => void map.set(key, text),
    removeItem: (key: string) => void map.delete(key),
    key: (at: number) => [...map.keys()][at] ?? null,
    get length() {
      return map.size
    },
  }
}

it('keeps texts, and forgets those of one person', () => {
  const area = memory()
  const storage = createStorage(() => area)
  storage.write('draft:alice:garden', 'hi')
  storage.write('draft:alice:attic', 'ho')
  storage.write('draft:bob:garden', 'mine')
  storage.write('theme', '')
  storage.forgetAll('draft:alice:')
  expect(storage.read('draft:alice:garden')).toBeUndefined()
  expect(storage.read('draft:alice:attic')).toBeUndefined()
  expect(storage.read('draft:bob:garden')).toBe('mine')
  expect(area.length).toBe(1)
})

it('is quiet where the browser forbids storage', () => {
  const storage = createStorage(() => {
    throw new DOMException('denied', 'SecurityError')
  })
  storage.write('theme', 'dark')
  storage.forgetAll('draft:')
  expect(storage.read('theme')).toBeUndefined()
})
