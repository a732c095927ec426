// Transfers one after the other in one session, plain or over TLS, by a client that costs the same in every mode (ftp-client.py).
import { fileURLToPath } from 'node:url';
import { startChild } from '../e2e/child-process.js';
import type { Peer } from '../e2e/peers.js';
import type { Address } from './control-line.js';

export const PYTHON: Peer = { file: '/usr/bin/python3', from: 'python3' };

const SCRIPT = fileURLToPath(new URL('ftp-client.py', import.meta.url));
const MAX_MS = 60_000;

/** Whom to talk to, and whose certificates to believe. */
export interface FtpsAddress extends Address {
  readonly authority: string;
}

export interface Transfers {
  /** `RETR pub/file`. */
  readonly commands: readonly string[];
  /** That each of them has to move. */
  readonly bytes: number;
  /** Whether the client listens. Default: no. */
  readonly active?: boolean;
}

/** How many seconds each took. Rejects unless each was complete, and, over TLS, resumed the session. */
export async function timesOf(
  transfers: Transfers,
  address: Address | FtpsAddress,
  cwd: string,
): Promise<readonly number[]> {
  const child = startChild(PYTHON.file, [SCRIPT], { cwd, timeoutMs: MAX_MS, hasInput: true });
  child.process.stdin?.end(JSON.stringify({ ...address, ...transfers }));
  const code = await child.ended;
  const lines = child.output().trim().split('\n');
  if (code !== 0 || lines.length !== transfers.commands.length) {
    throw new Error(`the FTP client failed:\n${child.output()}`);
  }
  const full = 'authority' in address ? lines.filter((line) => !line.endsWith(' 1')).length : 0;
  if (full > 0) throw new Error(`${full} of ${lines.length} data connections did not resume their session`);
  return lines.map((line) => Number.parseFloat(line));
}
