#!/usr/bin/env node
// Starts the command line; everything it does lives in src/cli.
import { run } from '../dist/cli/main.js';

await run(process.argv);
