// HAProxy in TCP mode, without splice (the copying relay that the proxy is compared with) or with it. It knows no FTP; it listens on another
// loopback address at the server's own ports, so that a client that uses EPSV meets it for data too.
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { becomesTrue, startChild, stopChild } from '../e2e/child-process.js';
import { makeTempFolder, removeFolder } from '../e2e/disk.js';
import { unpacked } from '../e2e/peers.js';
import type { Cleanup } from './cleanup.js';
import { type Address, greets } from './control-line.js';
import type { ProxyProcess } from './proxy-process.js';

export const HAPROXY = { file: unpacked('haproxy', 'usr/sbin/haproxy'), from: 'haproxy' } as const;
/** Linux has all of 127.0.0.0/8 without being told. */
const HOSTS = { copy: '127.0.0.2', splice: '127.0.0.3' } as const;
const READY_MS = 5000;
const LIFETIME_MS = 10 * 60_000;

export interface Ports {
  readonly from: number;
  readonly to: number;
}

type Manner = keyof typeof HOSTS;

const configuration = (server: Address, data: Ports, manner: Manner) => `global
  maxconn 2000
${manner === 'copy' ? '  nosplice\n' : ''}defaults
  mode tcp
${manner === 'splice' ? '  option splice-request\n  option splice-response\n' : ''}  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen control
  bind ${HOSTS[manner]}:${server.port}
  server s ${server.host}:${server.port}
listen data
  bind ${HOSTS[manner]}:${data.from}-${data.to}
  server s ${server.host}
`;

/** Why HAProxy cannot listen on its address here; undefined when it can. */
export async function noSecondLoopback(): Promise<string | undefined> {
  const probe = createServer();
  try {
    await once(probe.listen(0, HOSTS.copy), 'listening');
    return undefined;
  } catch {
    return `this machine has no address ${HOSTS.copy}`;
  } finally {
    probe.close();
  }
}

export async function startHaproxy(
  server: Address,
  data: Ports,
  cleanup: Cleanup,
  manner: Manner = 'copy',
): Promise<ProxyProcess> {
  const folder = await makeTempFolder('haproxy');
  cleanup.add(() => removeFolder(folder));
  const file = join(folder, 'haproxy.cfg');
  await writeFile(file, configuration(server, data, manner));
  const child = startChild(HAPROXY.file, ['-db', '-f', file], { cwd: folder, timeoutMs: LIFETIME_MS });
  cleanup.add(async () => {
    await stopChild(child.process);
    await child.ended.catch(() => undefined);
  });
  const { pid } = child.process;
  const address = { host: HOSTS[manner], port: server.port };
  if (pid !== undefined && (await becomesTrue(() => greets(address), READY_MS))) return { ...address, pid };
  throw new Error(`HAProxy did not start:\n${child.output()}`);
}
