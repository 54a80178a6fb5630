import type { DestinationStream } from 'pino'
import type { Config } from '../platform/config/schema.ts'

/** Where log lines go, and how they look: readable on a terminal, JSON for machines. Undefined: JSON on standard output. */
export const logDestination = async (
  format: Config['log']['format'],
): Promise<DestinationStream | undefined> => {
  const isText = format === 'text' || (format === 'auto' && process.stdout.isTTY === true)
  if (!isText) return
  const { default: pretty } = await import('pino-pretty')
  return pretty({ sync: true, ignore: 'pid,hostname', translateTime: 'HH:MM:ss', singleLine: true })
}
