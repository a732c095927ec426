// SUSE's ftp-proxy (Debian's package ftp-proxy), an FTP proxy in C with a process for each session.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { becomesTrue, startChild, stopChild } from '../e2e/child-process.js';
import { makeTempFolder, removeFolder } from '../e2e/disk.js';
import { type Peer, unpacked } from '../e2e/peers.js';
import type { Cleanup } from './cleanup.js';
import { type Address, greets } from './control-line.js';
import { freePort, type ProxyProcess } from './proxy-process.js';

export const SUSE_PROXY: Peer = { file: unpacked('ftp-proxy', 'usr/sbin/ftp-proxy'), from: 'ftp-proxy' };

const HOST = '127.0.0.1';
const READY_MS = 5000;
const LIFETIME_MS = 10 * 60_000;

/** It ends itself where so many are started within a minute. */
const configuration = (server: Address, port: number, folder: string) => `[-Global-]
ServerType standalone
Listen ${HOST}
Port ${port}
DestinationAddress ${server.host}
DestinationPort ${server.port}
DestinationTransferMode client
ForkLimit 10000
MaxClients 200
LogDestination ${join(folder, 'log')}
LogLevel ERR
PidFile ${join(folder, 'pid')}
`;

export async function startSuseProxy(server: Address, cleanup: Cleanup): Promise<ProxyProcess> {
  const folder = await makeTempFolder('ftp-proxy');
  cleanup.add(() => removeFolder(folder));
  const file = join(folder, 'ftp-proxy.conf');
  const address = { host: HOST, port: await freePort() };
  await writeFile(file, configuration(server, address.port, folder));
  const child = startChild(SUSE_PROXY.file, ['-n', '-d', '-f', file], { cwd: folder, timeoutMs: LIFETIME_MS });
  cleanup.add(async () => {
    await stopChild(child.process);
    await child.ended.catch(() => undefined);
  });
  const { pid } = child.process;
  if (pid !== undefined && (await becomesTrue(() => greets(address), READY_MS))) return { ...address, pid };
  throw new Error(`SUSE's ftp-proxy did not start:\n${child.output()}`);
}
