export { PeoplePage } from './PeoplePage.tsx'
export { type AdminStore, createAdminStore } from './store.ts'
