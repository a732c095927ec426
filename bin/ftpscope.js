#!/usr/bin/env node
// Starts the command line; everything it does lives in src/cli.

// Before anything else is loaded: Node opens its debugger, to every user of the machine, at a SIGUSR1 that nobody takes.
for (const signal of ['SIGUSR1', 'SIGUSR2']) process.on(signal, () => {});
const { run } = await import('../dist/cli/main.js');

await run(process.argv);
