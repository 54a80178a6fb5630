import type { DestinationStream } from 'pino'
import type { Config } from '../platform/config/schema.ts'
import { standardOutput } from '../platform/log.ts'

/** Where log lines go, and how they look: readable on a terminal, JSON for machines. Undefined: JSON on standard output. */
export const logDestination = async (
  format: Config['log']['format'],
): Promise<DestinationStream | undefined> => {
  const isText = format === 'text' || (format === 'auto' && process.stdout.isTTY === true)
  if (!isText) return
  const { prettyFactory } = await import('pino-pretty')
  const inWords = prettyFactory({
    ignore: 'pid,hostname',
    translateTime: 'HH:MM:ss',
    singleLine: true,
  })
  const output = standardOutput()
  return { write: (line) => output.write(inWords(line)) }
}
