import { runCommand } from './app/commands.ts'

/** The process: runs one command; its sentence for the person goes to standard error, its code says how it went. */
process.exitCode = await runCommand(process.argv.slice(2), process.env)
