#!/usr/bin/env node
// Starts the command line; everything it does lives in src/cli.

// Before anything else is loaded: Node opens its debugger, to every user of the machine, at a SIGUSR1 that nobody takes.
for (const signal of ['SIGUSR1', 'SIGUSR2']) process.on(signal, () => {});
// Names are looked up in these threads, each for as long as name servers keep silent; files are written in them, too.
process.env.UV_THREADPOOL_SIZE ??= '16';
const { run } = await import('../dist/cli/main.js').catch((error) => {
  // The program is loaded from some hundred files at once.
  if (error?.code !== 'EMFILE') throw error;
  process.stderr.write('ftpscope: the limit of open files is too low to start (ulimit -n); allow 256 at least\n');
  process.exit(1);
});

await run(process.argv);
