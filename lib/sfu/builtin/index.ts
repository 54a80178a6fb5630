export type { BuiltinSfuOptions } from './options.ts'
export { runBuiltinSfu } from './server.ts'
