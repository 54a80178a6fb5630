export { CallsPage } from './CallsPage.tsx'
export { createCallsStore } from './calls-store.ts'
export { PeoplePage } from './PeoplePage.tsx'
export { type AdminStore, createAdminStore } from './store.ts'
