// `npm start`: installs what is missing, builds, prepares a first run, and serves.
import { runPyrite } from './built.mjs'

await runPyrite('serve')
