// @vitest-environment happy-dom
import { afterEach, expect, it, vi } from 'vitest'

const paint = async () => {
  vi.resetModules()
  await import('../../../src/before-paint.ts')
  return document.documentElement.dataset.theme
}

afterEach(() => {
  localStorage.clear()
  delete document.documentElement.dataset.theme
  vi.unstubAllGlobals()
})

it.each(['light', 'dark'])('a chosen %s theme is there before the first paint', async (theme) => {
  localStorage.setItem('theme', theme)
  expect(await paint()).toBe(theme)
})

it.each(['system', 'purple', ''])('%j leaves it to the system', async (theme) => {
  localStorage.setItem('theme', theme)
  expect(await paint()).toBeUndefined()
})

it('a browser that forbids storage shows the theme of the system', async () => {
  vi.stubGlobal('localStorage', {
    getItem: () => {
      throw new Error('forbidden')
    },
    clear: () => undefined,
  })
  expect(await paint()).toBeUndefined()
})
