export { ChatView } from './ChatView.tsx'
export { type ChatStore, createChatStore } from './store.ts'
