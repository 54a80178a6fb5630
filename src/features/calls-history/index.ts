export { CallCardView } from './CallCardView.tsx'
export { type CallHistoryStore, createCallHistory } from './store.ts'
