// Loaded before a command: the process kills itself, as if by kill -9, before its change number DIE_AT to the file system.
import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'

const last = Number(process.env.DIE_AT)
let changes = 0
for (const name of ['mkdir', 'open', 'rename', 'rm']) {
  const original = fs[name]
  fs[name] = (...args) => {
    changes += 1
    if (changes === last) process.kill(process.pid, 'SIGKILL')
    return original(...args)
  }
}
syncBuiltinESMExports()
