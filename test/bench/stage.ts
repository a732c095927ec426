// vsftpd with its files, and the ways to it: directly, through HAProxy, through the proxy under test.
import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { chmod, open } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { missing } from '../e2e/peers.js';
import { startServer } from '../e2e/servers/server.js';
import { vsftpd } from '../e2e/servers/vsftpd.js';
import type { Cleanup } from './cleanup.js';
import type { Address } from './control-line.js';
import { CURL } from './curl.js';
import { HAPROXY, noSecondLoopback, type Ports, startHaproxy } from './haproxy.js';
import { startProxy } from './proxy-process.js';

const PASSIVE_PORTS = 100;

/** One way from curl to vsftpd. */
export interface Way {
  readonly name: 'direct' | 'haproxy' | 'ours';
  readonly address: Address;
}

export interface Stage {
  /** vsftpd's passive ports. */
  readonly data: Ports;
  readonly ways: readonly Way[];
  /** What clients see as `/pub`. */
  readonly folder: string;
  /** Why there is no HAProxy, if so. */
  readonly withoutHaproxy: string | undefined;
}

/** Why nothing can be measured with vsftpd here; undefined when it can. */
export function noVsftpd(): string | undefined {
  const absent = missing([...vsftpd.needs, CURL]);
  return absent ?? (process.getuid?.() === 0 ? undefined : 'vsftpd wants to be started by root');
}

/** `options` are more of them for the proxy. */
export async function openStage(cleanup: Cleanup, options: readonly string[] = []): Promise<Stage> {
  // Below the ports that the system gives to clients, and below those that the servers of test/e2e take.
  const from = randomInt(10_000, 19_900);
  const data: Ports = { from, to: from + PASSIVE_PORTS - 1 };
  const server = await startServer(withPassivePorts(data), 4);
  cleanup.add(() => server.stop());
  const direct = { host: server.place.host, port: server.place.port };
  const withoutHaproxy = missing([HAPROXY]) ?? (await noSecondLoopback());
  const ways: Way[] = [{ name: 'direct', address: direct }];
  if (withoutHaproxy === undefined) ways.push({ name: 'haproxy', address: await startHaproxy(direct, data, cleanup) });
  ways.push({ name: 'ours', address: await startProxy(direct, cleanup, options) });
  return { data, ways, folder: join(server.place.root, 'pub'), withoutHaproxy };
}

function withPassivePorts({ from, to }: Ports): typeof vsftpd {
  const range = `pasv_min_port=${from}\npasv_max_port=${to}\n`;
  return {
    ...vsftpd,
    files: (place) => {
      const files = Object.entries(vsftpd.files(place));
      return Object.fromEntries(files.map(([name, text]) => [name, text + range]));
    },
  };
}

/** A file of that many zero bytes, which takes no room on the disk. */
export async function laySparseFile(path: string, bytes: number): Promise<void> {
  const file = await open(path, 'w', 0o666);
  await file.truncate(bytes).finally(() => file.close());
  await chmod(path, 0o666);
}

/** A device that takes everything, so that uploads measure no disk; false where none can be made. */
export async function laySink(path: string): Promise<boolean> {
  try {
    await promisify(execFile)('mknod', ['-m', '666', path, 'c', '1', '3']);
    return true;
  } catch {
    return false;
  }
}
