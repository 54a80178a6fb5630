import * as calls from './calls.ts'
import * as chat from './chat.ts'
import * as media from './media.ts'

/** What the load generator can be told to do. */
const commands = { ...calls, ...chat, ...media }
export type Commands = typeof commands

type Order = { id: number; command: keyof Commands; args: unknown[] }

const obey = async ({ id, command, args }: Order) => {
  try {
    const run = commands[command] as (...args: unknown[]) => unknown
    process.send?.({ id, result: (await run(...args)) ?? null })
  } catch (error) {
    process.send?.({ id, error: error instanceof Error ? (error.stack ?? '') : String(error) })
  }
}

process.on('message', (order: Order) => void obey(order))
process.on('disconnect', () => process.exit())
