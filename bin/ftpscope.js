#!/usr/bin/env node
// Starts the command line; everything it does lives in src/cli.

// Before anything else is loaded: Node opens its debugger, to every user of the machine, at a SIGUSR1 that nobody takes.
for (const signal of ['SIGUSR1', 'SIGUSR2']) process.on(signal, () => {});
// Names are looked up in these threads, each for as long as name servers keep silent; files are written in them, too.
process.env.UV_THREADPOOL_SIZE ??= '16';
const { run } = await import('../dist/cli/main.js');

await run(process.argv);
