#!/usr/bin/env node
// Starts the command line; everything it does lives in src/cli. Written in the JavaScript of Node 12, so that an old Node can say
// that it is too old.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tooOld } from './node-version.js';

// Before anything else is loaded: Node opens its debugger, to every user of the machine, at a SIGUSR1 that nobody takes.
for (const signal of ['SIGUSR1', 'SIGUSR2']) process.on(signal, () => {});
// Names are looked up in these threads, each for as long as name servers keep silent; files are written in them, too.
if (process.env.UV_THREADPOOL_SIZE === undefined) process.env.UV_THREADPOOL_SIZE = '16';

const problem = tooOld(process.versions.node);
if (problem !== null) fail(problem);
else import('../dist/cli/main.js').then(({ run }) => run(process.argv)).catch(notLoaded);

/** An install that is not whole gets one line; anything else is a fault, with its stack. */
function notLoaded(error) {
  // The program is loaded from some hundred files at once.
  if (error.code === 'EMFILE')
    return fail('the limit of open files is too low to start (ulimit -n); allow 256 at least');
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  const root = join(dirname(fileURLToPath(import.meta.url)), '..');
  const isClone = existsSync(join(root, 'tsconfig.json'));
  if (!existsSync(join(root, 'dist', 'cli', 'main.js'))) {
    if (isClone) fail(`not built yet: run "npm ci" and "npm run build" in ${root}`);
    else fail('installed without being built: install it again, without --ignore-scripts');
    return;
  }
  const missing = /^Cannot find package '([^']+)'/.exec(error.message);
  if (missing === null) throw error;
  const advice = isClone ? `run "npm ci" in ${root}` : 'install ftpscope again';
  fail(`the package ${missing[1]} is missing: ${advice}`);
}

function fail(line) {
  process.stderr.write(`ftpscope: ${line}\n`);
  process.exitCode = 1;
}
