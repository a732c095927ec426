// Runs a part of the bench in a network namespace of its own, in a process of its own: tens of thousands of connections leave as many
// ports behind that wait (TIME_WAIT), which neither are to be met by the other parts nor to come from them.
import { fileURLToPath } from 'node:url';
import { startChild, stopChild } from '../e2e/child-process.js';
import { missing } from '../e2e/peers.js';
import type { Cleanup } from './cleanup.js';
import type { Row } from './report.js';

const SCRIPT = fileURLToPath(new URL('own-network-process.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LIFETIME_MS = 8 * 60_000;
/** In front of the rows, which are the last line. */
export const ROWS = 'rows: ';

function noOwnNetwork(): string | undefined {
  const absent = missing([
    { file: 'unshare', from: 'util-linux' },
    { file: 'ip', from: 'iproute2' },
  ]);
  return absent ?? (process.getuid?.() === 0 ? undefined : 'a network namespace of its own needs root');
}

export function inOwnNetwork(part: string): (cleanup: Cleanup) => Promise<Row[]> {
  return async (cleanup) => {
    const absent = noOwnNetwork();
    if (absent !== undefined) return [{ what: part, skipped: absent }];
    const args = ['--net', process.execPath, '--import', 'tsx', SCRIPT, part];
    const child = startChild('unshare', args, { cwd: ROOT, timeoutMs: LIFETIME_MS });
    cleanup.add(async () => {
      await stopChild(child.process);
      await child.ended.catch(() => undefined);
    });
    const code = await child.ended;
    const rows = child
      .output()
      .split('\n')
      .find((line) => line.startsWith(ROWS));
    if (code !== 0 || rows === undefined) throw new Error(`${part} failed in its own network:\n${child.output()}`);
    return JSON.parse(rows.slice(ROWS.length)) as Row[];
  };
}
