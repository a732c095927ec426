// The same with TLS on both legs: one big file, and many small ones in one session, directly, through ProFTPD's mod_proxy and
// through ours. The server is vsftpd, which wants every data connection to resume its control connection's session.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Side } from '../../src/dialogue/observation.js';
import { makeCertificates, OPENSSL } from '../e2e/certificates.js';
import { makeTempFolder, removeFolder } from '../e2e/disk.js';
import { missing } from '../e2e/peers.js';
import { makeAuthority, type RunningProxy, startProxy } from '../e2e/proxy.js';
import { type Place, type ServerTls, startServer } from '../e2e/servers/server.js';
import { vsftpd } from '../e2e/servers/vsftpd.js';
import type { Cleanup } from './cleanup.js';
import { type FtpsAddress, PYTHON, type Transfers, timesOf } from './ftp-client.js';
import { noModProxy, startModProxy } from './mod-proxy.js';
import { type ProcessorTime, processorTime } from './processor-time.js';
import type { Measurement, Row } from './report.js';
import { laySink, laySparseFile, noVsftpd } from './stage.js';
import { median, medianRatio } from './statistics.js';

const BYTES = 1024 ** 3;
const ROUNDS = 3;
const SMALL_FILES = 500;
const SMALL_FILE_BYTES = 1024;
/** Of mod_proxy's speed. */
const TARGET = 0.8;
const SMALL_TARGET = 1;

type Name = 'direct' | 'modProxy' | 'ours';

interface EncryptedStage {
  readonly ways: readonly (readonly [Name, FtpsAddress])[];
  readonly proxy: RunningProxy;
  /** What clients see as `/pub`. */
  readonly folder: string;
}

export async function measureEncrypted(cleanup: Cleanup): Promise<Row[]> {
  const absent = noVsftpd() ?? missing([OPENSSL, PYTHON]) ?? noModProxy();
  if (absent !== undefined) return [{ what: 'encrypted transfers', skipped: absent }];
  const stage = await openEncryptedStage(cleanup);
  return [...(await measureBig(stage)), ...(await measureSmall(stage))];
}

async function openEncryptedStage(cleanup: Cleanup): Promise<EncryptedStage> {
  const certificates = await makeCertificates();
  cleanup.add(certificates.remove);
  const { authority } = certificates;
  // With TLS 1.3, vsftpd answers mod_proxy's uploads with 426.
  const tls: ServerTls = { how: 'explicit', version: 'TLSv1.2', dataMustBe: true, certificates };
  const { place, stop } = await startServer(vsftpd, 4, tls);
  cleanup.add(stop);
  const direct = { host: place.host, port: place.port };
  const modProxy = await startModProxy(direct, certificates, cleanup);
  const { proxy, address } = await startOurs(place, cleanup);
  return {
    ways: [
      ['direct', { ...direct, authority }],
      ['modProxy', { ...modProxy, authority }],
      ['ours', address],
    ],
    proxy,
    folder: join(place.root, 'pub'),
  };
}

async function startOurs(place: Place, cleanup: Cleanup): Promise<{ proxy: RunningProxy; address: FtpsAddress }> {
  const home = await makeTempFolder('home');
  cleanup.add(() => removeFolder(home));
  const authority = await makeAuthority(home);
  const proxy = await startProxy(place, { authority });
  cleanup.add(() => proxy.stop());
  return { proxy, address: { host: proxy.host, port: proxy.port, authority: authority.file } };
}

async function measureBig(stage: EncryptedStage): Promise<Row[]> {
  await laySparseFile(join(stage.folder, 'big'), BYTES);
  const upload = (await laySink(join(stage.folder, 'null'))) ? 'APPE pub/null' : 'STOR pub/uploaded';
  const { pid } = stage.proxy;
  const before = processorTime(pid);
  const rows = [
    await compare('download 1 GiB over TLS', 'RETR pub/big', stage),
    await compare('upload 1 GiB over TLS', upload, stage),
  ];
  return [...rows, { note: spent(before, processorTime(pid), rows.length * (ROUNDS + 1)) }];
}

/** Where the time goes that the proxy takes. */
function spent(before: ProcessorTime, after: ProcessorTime, transfers: number): string {
  const kernel = (after.kernelSeconds - before.kernelSeconds) / transfers;
  const user = (after.userSeconds - before.userSeconds) / transfers;
  const total = (kernel + user).toFixed(2);
  return `a GiB over TLS keeps ftpscope's processor busy for ${total} s, ${kernel.toFixed(2)} of them in the kernel; ARCHITECTURE.md tells of the rest`;
}

async function compare(what: string, command: string, stage: EncryptedStage): Promise<Measurement> {
  const { direct, modProxy, ours } = await inTurn(stage, { commands: [command], bytes: BYTES });
  // These are seconds, of which fewer are better.
  const ratio = medianRatio(modProxy, ours);
  return {
    what,
    direct: speed(direct),
    ours: speed(ours),
    compared: `${ratio.toFixed(2)} x mod_proxy (${speed(modProxy)})`,
    target: { text: `>= ${TARGET} x mod_proxy`, met: ratio >= TARGET },
  };
}

async function measureSmall(stage: EncryptedStage): Promise<Measurement[]> {
  await mkdir(join(stage.folder, 'small'));
  for (let number = 1; number <= SMALL_FILES; number += 1) {
    await writeFile(join(stage.folder, 'small', String(number)), Buffer.alloc(SMALL_FILE_BYTES), { mode: 0o644 });
  }
  const commands = Array.from({ length: SMALL_FILES }, (_, index) => `RETR pub/small/${index + 1}`);
  await stage.proxy.observations();
  const { direct, modProxy, ours } = await inTurn(stage, { commands, bytes: SMALL_FILE_BYTES });
  const resumed = await resumptions(stage.proxy);
  const ratio = medianRatio(modProxy, ours);
  const what = `transfers of 1 KiB over TLS, ${SMALL_FILES} in one session`;
  return [
    {
      what,
      direct: rate(direct),
      ours: rate(ours),
      compared: `${ratio.toFixed(2)} x mod_proxy (${rate(modProxy)})`,
      target: { text: `>= ${SMALL_TARGET} x mod_proxy`, met: ratio >= SMALL_TARGET },
    },
    {
      what: 'of these, resumed',
      ours: `${resumed.client} and ${resumed.server}`,
      target: {
        text: `${SMALL_FILES} on both legs`,
        met: resumed.client === SMALL_FILES && resumed.server === SMALL_FILES,
      },
    },
  ];
}

/** How many seconds the transfers took in each round; the first one fills caches and is not counted. */
async function inTurn({ ways, folder }: EncryptedStage, transfers: Transfers): Promise<Record<Name, number[]>> {
  const seconds: Record<Name, number[]> = { direct: [], modProxy: [], ours: [] };
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [name, address] of ways) {
      const times = await timesOf(transfers, address, folder);
      if (round > 0) seconds[name].push(times.reduce((sum, one) => sum + one));
    }
  }
  return seconds;
}

/** How many data connections of a session were resumed on each leg: in the session where they were fewest. */
async function resumptions(proxy: RunningProxy): Promise<Record<Side, number>> {
  const sessions = new Map<number, Record<Side, number>>();
  for (const one of await proxy.observations()) {
    if (one.kind !== 'tls' || one.leg !== 'data') continue;
    const counts = sessions.get(one.session) ?? { client: 0, server: 0 };
    counts[one.side] += one.resumed ? 1 : 0;
    sessions.set(one.session, counts);
  }
  const fewest = (side: Side) => Math.min(...[...sessions.values()].map((counts) => counts[side]));
  return { client: fewest('client'), server: fewest('server') };
}

const speed = (seconds: readonly number[]) => `${(BYTES / median(seconds) / 1e9).toFixed(2)} GB/s`;
const rate = (seconds: readonly number[]) => `${(SMALL_FILES / median(seconds)).toFixed(0)}/s`;
