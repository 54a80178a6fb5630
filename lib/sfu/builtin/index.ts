export type { BuiltinSfuOptions, Patience } from './options.ts'
export { runBuiltinSfu } from './server.ts'
