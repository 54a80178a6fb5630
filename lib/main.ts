import { runCommand } from './app/commands.ts'

/** The process: runs one command; its sentence for the person goes to standard error, its code says how it went. */
const args = process.argv.slice(2)
process.exitCode = await runCommand(args, process.env)

const AFTERWARDS_MS = 500
// The doctor has said all: a name server that never answers holds nobody up. Every other command ends by itself, or goes on.
if (args[0] === 'doctor') setTimeout(() => process.exit(), AFTERWARDS_MS).unref()
