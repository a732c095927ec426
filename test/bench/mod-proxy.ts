// ProFTPD's mod_proxy as a relay, with TLS on both legs or without: what the proxy is compared with, above all where transfers are encrypted.
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Certificates } from '../e2e/certificates.js';
import { becomesTrue, startChild, stopChild } from '../e2e/child-process.js';
import { makeTempFolder, removeFolder } from '../e2e/disk.js';
import { missing, type Peer, unpacked } from '../e2e/peers.js';
import type { Cleanup } from './cleanup.js';
import { type Address, greets } from './control-line.js';
import { freePort, type ProxyProcess } from './proxy-process.js';

const PROGRAM = unpacked('proftpd-core', 'usr/sbin/proftpd');
const MODULES: readonly Peer[] = [
  { file: unpacked('proftpd-mod-crypto', 'usr/lib/proftpd/mod_tls.so'), from: 'proftpd-mod-crypto' },
  { file: unpacked('proftpd-mod-proxy', 'usr/lib/proftpd/mod_proxy.so'), from: 'proftpd-mod-proxy' },
];
const HOW_TO_GET =
  'unpack it (apt-get download, dpkg -x) beside those that .ci/install-peers gets; it needs libsqlite3-0';

const HOST = '127.0.0.1';
const READY_MS = 10_000;
const LIFETIME_MS = 10 * 60_000;

const configuration = (
  folder: string,
  port: number,
  server: Address,
  certificates: Certificates | null,
) => `ModulePath ${folder}/modules
LoadModule mod_tls.c
LoadModule mod_proxy.c
ServerType standalone
ServerName relay
UseIPv6 off
DefaultAddress ${HOST}
SocketBindTight on
Port ${port}
AuthOrder mod_auth_file.c
User root
Group root
UseReverseDNS off
WtmpLog off
TransferLog none
DelayEngine off
TimeoutLinger 0
PidFile ${folder}/pid
ScoreboardFile ${folder}/scoreboard
ProxyEngine on
ProxyTables ${folder}/tables
ProxyRole reverse
ProxyReverseServers ftp://${server.host}:${server.port}
${certificates === null ? '' : encryption(certificates)}`;

const encryption = (certificates: Certificates) => `TLSEngine on
TLSProtocol TLSv1.2 TLSv1.3
TLSRSACertificateFile ${certificates.serverCertificate}
TLSRSACertificateKeyFile ${certificates.serverKey}
ProxyTLSEngine on
ProxyTLSVerifyServer off
ProxyTLSCACertificateFile ${certificates.authority}
`;

/** Why it cannot be run here; undefined when it can. */
export const noModProxy = () => missing([{ file: PROGRAM, from: 'proftpd-core' }, ...MODULES], HOW_TO_GET);

export async function startModProxy(
  server: Address,
  certificates: Certificates | null,
  cleanup: Cleanup,
): Promise<ProxyProcess> {
  const folder = await makeTempFolder('mod-proxy');
  cleanup.add(() => removeFolder(folder));
  await mkdir(join(folder, 'tables'), { mode: 0o700 });
  await mkdir(join(folder, 'modules'));
  // It looks for modules in one folder only.
  for (const { file } of MODULES) {
    for (const name of await readdir(dirname(file))) {
      await symlink(join(dirname(file), name), join(folder, 'modules', name)).catch(() => undefined);
    }
  }
  const address = { host: HOST, port: await freePort() };
  const file = join(folder, 'proftpd.conf');
  await writeFile(file, configuration(folder, address.port, server, certificates));
  const child = startChild(PROGRAM, ['-n', '-c', file], { cwd: folder, timeoutMs: LIFETIME_MS });
  cleanup.add(async () => {
    await stopChild(child.process);
    await child.ended.catch(() => undefined);
  });
  const { pid } = child.process;
  if (pid !== undefined && (await becomesTrue(() => greets(address), READY_MS))) return { ...address, pid };
  throw new Error(`mod_proxy did not start:\n${child.output()}`);
}
