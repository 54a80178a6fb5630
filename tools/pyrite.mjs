#!/usr/bin/env node
// `npm run pyrite -- COMMAND`: any command of Pyrite, built first when something changed.
import { runPyrite } from './built.mjs'

await runPyrite(...process.argv.slice(2))
