export type { Beside } from './beside.ts'
export { ChatView } from './ChatView.tsx'
export { type ChatStore, createChatStore } from './store.ts'
