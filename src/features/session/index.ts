export { SignIn } from './SignIn.tsx'
export { createSessionStore, type SessionStore } from './store.ts'
