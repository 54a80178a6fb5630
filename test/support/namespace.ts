import { spawnSync } from 'node:child_process'

const run = (...words: string[]): boolean =>
  spawnSync('ip', words, { stdio: 'ignore' }).status === 0

/**
 * A network of its own with a cable to ours, for processes that are started through `ip netns exec`. Undefined where this user may
 * not make one. It is one of 64 addresses, so that suites do not meet.
 */
export const makeNamespace = () => {
  const number = process.pid % 64
  const name = `pyrite-${process.pid}`
  const [ours, theirs] = [`py${number}a`, `py${number}b`]
  const [here, there] = [`10.213.${number}.1`, `10.213.${number}.2`]
  const remove = () => {
    run('link', 'delete', ours)
    run('netns', 'delete', name)
  }
  const isMade = [
    ['netns', 'add', name],
    ['link', 'add', ours, 'type', 'veth', 'peer', 'name', theirs, 'netns', name],
    ['address', 'add', `${here}/30`, 'dev', ours],
    ['link', 'set', ours, 'up'],
    ['-n', name, 'address', 'add', `${there}/30`, 'dev', theirs],
    ['-n', name, 'link', 'set', theirs, 'up'],
    ['-n', name, 'link', 'set', 'lo', 'up'],
  ].every((words) => run(...words))
  if (!isMade) {
    remove()
    return undefined
  }
  return {
    /** The address of those within. */
    there,
    /** What a command within is started through. */
    through: ['ip', 'netns', 'exec', name],
    /** Nothing arrives any more in either direction, and nobody is told. */
    cut: () => run('link', 'set', ours, 'down'),
    mend: () => run('link', 'set', ours, 'up'),
    remove,
  }
}
export type Namespace = NonNullable<ReturnType<typeof makeNamespace>>
