import { fork } from 'node:child_process'
import type { Commands } from '../load/main.ts'
import type { Scope } from './scope.ts'

type Answer = { id: number; result?: unknown; error?: string }

/** The load generator: a process of its own, so that its work is nobody's CPU time but its own. */
export type Load = <K extends keyof Commands>(
  command: K,
  ...args: Parameters<Commands[K]>
) => Promise<Awaited<ReturnType<Commands[K]>>>

/** Starts a load generator. Ends with the scope. */
export const startLoad = (scope: Scope): Load => {
  const child = fork(`${import.meta.dirname}/../load/main.ts`, { execArgv: ['--import', 'tsx'] })
  const waiting = new Map<number, (answer: Answer) => void>()
  let lastId = 0
  const failAll = () => {
    for (const [id, tell] of waiting) tell({ id, error: 'the load generator is gone' })
  }
  child.on('message', (answer: Answer) => {
    waiting.get(answer.id)?.(answer)
    waiting.delete(answer.id)
  })
  child.on('exit', failAll)
  scope.defer(() => child.kill())
  return (command, ...args) =>
    new Promise((resolve, reject) => {
      lastId += 1
      waiting.set(lastId, ({ result, error }) =>
        error === undefined ? resolve(result as never) : reject(new Error(`${command}: ${error}`)),
      )
      child.send({ id: lastId, command, args })
    })
}
