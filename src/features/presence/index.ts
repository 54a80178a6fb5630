export { PresenceDot } from './PresenceDot.tsx'
export { createPresenceStore, type PresenceStore } from './store.ts'
