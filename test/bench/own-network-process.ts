// The process that own-network.ts starts: it wakes the loopback of its network, measures one part and prints the rows.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Cleanup } from './cleanup.js';
import { measureOnePort } from './one-port.js';
import { ROWS } from './own-network.js';
import { measureSustained } from './sustained.js';

const PARTS = { sustained: measureSustained, 'one-port': measureOnePort } as const;

const isPart = (name: string): name is keyof typeof PARTS => name in PARTS;

const cleanup = new Cleanup();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void cleanup.run().finally(() => process.exit(1)));
}
const [name = ''] = process.argv.slice(2);
if (!isPart(name)) throw new Error(`no part ${name}`);
await promisify(execFile)('ip', ['link', 'set', 'lo', 'up']);
try {
  const rows = await PARTS[name](cleanup);
  process.stdout.write(`${ROWS}${JSON.stringify(rows)}\n`);
} finally {
  await cleanup.run();
}
