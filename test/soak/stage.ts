// Real servers with the proxy before each, as long as the soak runs; and what the proxy uses of memory and descriptors.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Certificates, makeCertificates } from '../e2e/certificates.js';
import { type Child, startChild, stopChild } from '../e2e/child-process.js';
import { makeTempFolder, removeFolder } from '../e2e/disk.js';
import { missing } from '../e2e/peers.js';
import { COMMAND, makeAuthority } from '../e2e/proxy.js';
import { proftpd } from '../e2e/servers/proftpd.js';
import { pureFtpd } from '../e2e/servers/pure-ftpd.js';
import { pyftpdlib } from '../e2e/servers/pyftpdlib.js';
import { type RunningServer, type Server, startServer } from '../e2e/servers/server.js';
import { vsftpd } from '../e2e/servers/vsftpd.js';
import { hasSmallDisks, mountSmallDisk, type SmallDisk } from '../support/small-disk.js';

const LIFETIME_MS = 24 * 60 * 60_000;
const STARTS_MS = 10_000;

export interface Usage {
  readonly residentBytes: number;
  readonly descriptors: number;
}

export interface Stage {
  readonly name: string;
  readonly kind: Server;
  readonly server: RunningServer;
  readonly encrypts: boolean;
  readonly port: number;
  /** Where the proxy keeps payloads and its transcript. */
  readonly records: string;
  /** They lie on a disk of their own, to be filled. */
  readonly disk: SmallDisk | null;
  usage(): Usage;
  /** What the proxy said last. */
  output(): string;
  isUp(): boolean;
  stop(): Promise<void>;
}

/** One for each server that is on this machine, one with TLS, and one whose records lie on a disk of `diskKilobytes`. */
export async function openStages(diskKilobytes: number): Promise<Stage[]> {
  const plain = [vsftpd, proftpd, pureFtpd, pyftpdlib].filter(({ needs }) => missing(needs) === undefined);
  const stages: Stage[] = [];
  try {
    for (const kind of plain) stages.push(await openStage(kind, null));
    const [first] = plain;
    if (first !== undefined && hasSmallDisks) stages.push(await openOnSmallDisk(first, diskKilobytes));
    if (plain.includes(proftpd) && missing(proftpd.needsForTls) === undefined) {
      stages.push(await openStage(proftpd, await makeCertificates()));
    }
    return stages;
  } catch (error) {
    for (const stage of stages) await stage.stop();
    throw error;
  }
}

async function openOnSmallDisk(kind: Server, kilobytes: number): Promise<Stage> {
  const disk = mountSmallDisk(kilobytes);
  try {
    return await openStage(kind, null, disk);
  } catch (error) {
    disk.remove();
    throw error;
  }
}

async function openStage(
  kind: Server,
  certificates: Certificates | null,
  disk: SmallDisk | null = null,
): Promise<Stage> {
  const tls = certificates && ({ how: 'explicit', version: 'TLSv1.3', dataMustBe: true, certificates } as const);
  const server = await startServer(kind, 4, tls ?? undefined);
  const folder = await makeTempFolder('soak');
  const records = join(disk?.folder ?? folder, 'records');
  await mkdir(records);
  const authority = await makeAuthority(folder);
  const { host, port } = server.place;
  const args = [COMMAND, 'proxy', `ftp://${host}:${port}`, '--listen', '127.0.0.1:0', '--plain'];
  args.push('-w', join(records, 'transcript.ndjson'), '--payloads', join(records, 'payloads'));
  args.push('--on-recording-error', 'wait');
  if (certificates !== null) args.push('--server-ca', certificates.authority);
  const env = { XDG_DATA_HOME: authority.home };
  const child = startChild(process.execPath, args, { cwd: folder, env, timeoutMs: LIFETIME_MS });
  return {
    name: `${kind.name}${certificates === null ? '' : ' with TLS'}${disk === null ? '' : ', on a disk that fills'}`,
    kind,
    server,
    encrypts: certificates !== null,
    port: await portOf(child),
    records,
    disk,
    usage: () => usageOf(child.process.pid ?? 0),
    output: () => child.output(),
    isUp: () => child.process.exitCode === null && child.process.signalCode === null,
    stop: async () => {
      await stopChild(child.process);
      await child.ended.catch(() => undefined);
      await server.stop();
      await removeFolder(folder);
      disk?.remove();
      await certificates?.remove();
    },
  };
}

async function portOf(child: Child): Promise<number> {
  const end = performance.now() + STARTS_MS;
  for (;;) {
    const [, port] = /listening on \S*:(\d+)/.exec(child.output()) ?? [];
    if (port !== undefined) return Number(port);
    if (performance.now() > end) throw new Error(`the proxy does not start:\n${child.output()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function usageOf(pid: number): Usage {
  const [, kib = '0'] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return { residentBytes: Number(kib) * 1024, descriptors: descriptorsOf(pid) };
}

/** Data ports that wait for their next transfer stay open for a while, a bounded number of them: these are not counted. */
function descriptorsOf(pid: number): number {
  const resting = new Set([...listeningSockets('tcp'), ...listeningSockets('tcp6')]);
  return readdirSync(`/proc/${pid}/fd`).filter((fd) => !resting.has(targetOf(`/proc/${pid}/fd/${fd}`))).length;
}

/** As descriptors name them. proc(5), net/tcp: state 0A is LISTEN, the tenth field the inode. */
function listeningSockets(family: 'tcp' | 'tcp6'): string[] {
  const lines = readFileSync(`/proc/net/${family}`, 'latin1').split('\n').slice(1);
  return lines
    .map((line) => line.trim().split(/\s+/))
    .flatMap((fields) => (fields[3] === '0A' ? [`socket:[${fields[9]}]`] : []));
}

function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
}
