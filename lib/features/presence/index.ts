export { createPresence, type Presence, type PresenceNeeds } from './presence.ts'
