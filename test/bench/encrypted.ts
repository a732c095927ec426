// The same with TLS on both legs: one big file, and many small ones in one session, directly, through ProFTPD's mod_proxy and
// through ours. The server is vsftpd, which wants every data connection to resume its control connection's session.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Certificates, makeCertificates } from '../e2e/certificates.js';
import { makeTempFolder, removeFolder } from '../e2e/disk.js';
import { missing } from '../e2e/peers.js';
import { makeAuthority, type RunningProxy, startProxy } from '../e2e/proxy.js';
import { type ServerTls, startServer } from '../e2e/servers/server.js';
import { vsftpd } from '../e2e/servers/vsftpd.js';
import type { Cleanup } from './cleanup.js';
import type { Address } from './control-line.js';
import { downloadSpeed, ENCRYPTED, timesToFetch, uploadSpeed, urlAt } from './curl.js';
import { MOD_PROXY, startModProxy } from './mod-proxy.js';
import type { Row } from './report.js';
import { laySink, laySparseFile, noVsftpd } from './stage.js';
import { median, medianRatio } from './statistics.js';

const BYTES = 1024 ** 3;
const ROUNDS = 3;
const SMALL_FILES = 500;
const SMALL_FILE_BYTES = 1024;
/** Of mod_proxy's speed. */
const TARGET = 0.8;

type Name = 'direct' | 'modProxy' | 'ours';
type Ways = readonly (readonly [Name, Address])[];

export async function measureEncrypted(cleanup: Cleanup): Promise<Row[]> {
  const absent = noVsftpd() ?? missing(MOD_PROXY);
  if (absent !== undefined) return [{ what: 'encrypted transfers', skipped: absent }];
  const certificates = await makeCertificates();
  cleanup.add(certificates.remove);
  const tls: ServerTls = { how: 'explicit', version: 'TLSv1.3', dataMustBe: true, certificates };
  const server = await startServer(vsftpd, 4, tls);
  cleanup.add(() => server.stop());
  const proxy = await startOurs(server.place, tls, cleanup);
  const ways: Ways = [
    ['direct', server.place],
    ['modProxy', await startModProxy(server.place, tls, cleanup)],
    ['ours', proxy],
  ];
  const folder = join(server.place.root, 'pub');
  return [...(await measureBig(ways, folder)), ...(await measureSmall(ways, folder, proxy))];
}

async function startOurs(
  place: Parameters<typeof startProxy>[0],
  tls: ServerTls,
  cleanup: Cleanup,
): Promise<RunningProxy> {
  const home = await makeTempFolder('home');
  cleanup.add(() => removeFolder(home));
  const certificates: Certificates = tls.certificates;
  const proxy = await startProxy({ ...place, tls: { ...tls, certificates } }, { authority: await makeAuthority(home) });
  cleanup.add(() => proxy.stop());
  return proxy;
}

async function measureBig(ways: Ways, folder: string): Promise<Row[]> {
  const file = join(folder, 'big');
  await laySparseFile(file, BYTES);
  const device = await laySink(join(folder, 'null'));
  const [path, by] = device ? (['pub/null', 'APPE'] as const) : (['pub/uploaded', 'STOR'] as const);
  return [
    await compare('download 1 GiB over TLS', ways, (way) =>
      downloadSpeed(urlAt(way, 'pub/big'), BYTES, folder, ENCRYPTED),
    ),
    await compare('upload 1 GiB over TLS', ways, (way) =>
      uploadSpeed(file, urlAt(way, path), BYTES, by, folder, ENCRYPTED),
    ),
  ];
}

async function compare(what: string, ways: Ways, transfer: (way: Address) => Promise<number>): Promise<Row> {
  const speeds: Record<Name, number[]> = { direct: [], modProxy: [], ours: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, address] of ways) speeds[name].push(await transfer(address));
  }
  const { direct, modProxy, ours } = speeds;
  const ratio = medianRatio(ours, modProxy);
  return {
    what,
    direct: gigabytes(direct),
    ours: gigabytes(ours),
    compared: `${ratio.toFixed(2)} x mod_proxy (${gigabytes(modProxy)})`,
    target: { text: `>= ${TARGET} x mod_proxy`, met: ratio >= TARGET },
  };
}

async function measureSmall(ways: Ways, folder: string, proxy: RunningProxy): Promise<Row[]> {
  await mkdir(join(folder, 'small'));
  for (let number = 1; number <= SMALL_FILES; number += 1) {
    await writeFile(join(folder, 'small', String(number)), Buffer.alloc(SMALL_FILE_BYTES), { mode: 0o644 });
  }
  await proxy.observations();
  const perSecond = { direct: 0, modProxy: 0, ours: 0 };
  for (const [name, address] of ways) {
    const seconds = await timesToFetch(urlAt(address, `pub/small/[1-${SMALL_FILES}]`), folder, ENCRYPTED);
    perSecond[name] = 1 / median(seconds);
  }
  const resumed = { client: 0, server: 0 };
  for (const one of await proxy.observations()) {
    if (one.kind === 'tls' && one.leg === 'data' && one.resumed) resumed[one.side] += 1;
  }
  const all = resumed.client === SMALL_FILES && resumed.server === SMALL_FILES;
  return [
    {
      what: `transfers of 1 KiB over TLS, ${SMALL_FILES} in one session`,
      direct: rate(perSecond.direct),
      ours: rate(perSecond.ours),
      compared: `mod_proxy ${rate(perSecond.modProxy)}; resumed ${resumed.client} and ${resumed.server}`,
      target: { text: `${SMALL_FILES} resumed on both legs`, met: all },
    },
  ];
}

const gigabytes = (speeds: readonly number[]) => `${(median(speeds) / 1e9).toFixed(2)} GB/s`;
const rate = (perSecond: number) => `${perSecond.toFixed(0)}/s`;
