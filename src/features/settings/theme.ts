import { deepSignal } from 'deepsignal'
import type { Storage } from '../../platform/storage.ts'

export type Theme = 'system' | 'light' | 'dark'

const isTheme = (text: string | undefined): text is Theme =>
  text === 'system' || text === 'light' || text === 'dark'

/** Light, dark, or as the system is: kept in this browser, and written on the root element. */
export const createTheme = ({ storage, root }: { storage: Storage; root: HTMLElement }) => {
  const kept = storage.read('theme')
  const state = deepSignal<{ chosen: Theme }>({ chosen: isTheme(kept) ? kept : 'system' })
  const show = () => {
    if (state.chosen === 'system') delete root.dataset.theme
    else root.dataset.theme = state.chosen
  }
  show()
  return {
    state,
    choose(theme: Theme) {
      state.chosen = theme
      storage.write('theme', theme)
      show()
    },
  }
}
export type ThemeStore = ReturnType<typeof createTheme>
