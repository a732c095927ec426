// What a real FTP server is to the tests, and how any of them is started: in a folder of its own, on a free loopback port,
// and gone with everything it left when it is stopped. To add a server, copy the shortest file beside this one.
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import type { Certificates } from '../certificates.js';
import { becomesTrue, startChild, stopChild } from '../child-process.js';
import { makeTempFolder, removeFolder } from '../disk.js';
import type { Peer } from '../peers.js';

export type Family = 4 | 6;
export const LOOPBACK: Readonly<Record<Family, string>> = { 4: '127.0.0.1', 6: '::1' };

export type TlsVersion = 'TLSv1.2' | 'TLSv1.3';

export const BOTH_VERSIONS: readonly TlsVersion[] = ['TLSv1.2', 'TLSv1.3'];

/** How a server encrypts. */
export interface ServerTls {
  /** With the command AUTH, or from the first byte. */
  readonly how: 'explicit' | 'implicit';
  /** The newest version that it agrees to. */
  readonly version: TlsVersion;
  /** Whether it refuses data connections in the clear. */
  readonly dataMustBe: boolean;
  readonly certificates: Certificates;
}

/** What a server has to know to be configured. */
export interface Place {
  /** For configuration and logs. */
  readonly folder: string;
  /** What clients see as `/`; they may write in its folder `pub`. */
  readonly root: string;
  readonly family: Family;
  readonly host: string;
  readonly port: number;
  /** Absent: a server without TLS. */
  readonly tls?: ServerTls;
}

export interface Server {
  readonly name: string;
  readonly needs: readonly Peer[];
  /** Beyond `needs`, for TLS. */
  readonly needsForTls: readonly Peer[];
  /** Whether it can do with TLS from the first byte. */
  readonly hasImplicitTls: boolean;
  /** The versions with which it lets data connections resume the control connection's session. */
  readonly resumes: readonly TlsVersion[];
  /** Clients by name that it cannot serve with TLS. */
  readonly cannotServe?: readonly string[];
  readonly user: string;
  readonly password: string;
  /** Where it writes down the commands that it was given; absent: nowhere. */
  readonly commandLog?: CommandLog;
  /** Files in the folder before it starts. */
  files(place: Place): Readonly<Record<string, string>>;
  /** Programs and their arguments, one after the other; the last one is the server. */
  commands(place: Place): readonly (readonly [program: string, ...args: string[]])[];
}

interface CommandLog {
  /** In the server's folder. */
  readonly file: string;
  /** The command in a line of the log; null in other lines. */
  commandIn(line: string): string | null;
}

export interface RunningServer {
  readonly place: Place;
  stop(): Promise<void>;
}

const READY_MS = 10_000;
const LIFETIME_MS = 20 * 60_000;
const ATTEMPTS = 3;

/** A password and its crypt(3) form, for servers with a password file of their own. */
export const PASSWORD = 'secret';
export const PASSWORD_HASH =
  '$6$ftpscope$imZqe4Hcs3nB9mh0YaxrqBW0wUMmNWmB23y03ixLfuRHnVPza9bS/BJfUbNKa5kuLgUh9lS7C42B/jTSapTpt1';
/** Of Debian's nobody and nogroup. */
export const NOBODY_ID = 65534;

export async function startServer(server: Server, family: Family, tls?: ServerTls): Promise<RunningServer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(server, family, tls);
    } catch (error) {
      // Between our finding a free port and the server's taking it, somebody else may have it.
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

async function startOnce(server: Server, family: Family, tls: ServerTls | undefined): Promise<RunningServer> {
  const host = LOOPBACK[family];
  const folder = await makeTempFolder(server.name.toLowerCase());
  const port = await freePort(host);
  const place: Place = {
    folder,
    root: join(folder, 'root'),
    family,
    host,
    port,
    ...(tls === undefined ? {} : { tls }),
  };
  await mkdir(join(place.root, 'pub'), { recursive: true });
  await chmod(join(place.root, 'pub'), 0o777);
  for (const [name, text] of Object.entries(server.files(place))) {
    await writeFile(join(folder, name), text, { mode: 0o600 });
  }
  const env = tls === undefined ? {} : { OPENSSL_CONF: await limitVersion(folder, tls) };
  const children = server.commands(place).map((line) => () => start(line, folder, env));
  const main = children.pop();
  if (main === undefined) throw new Error(`${server.name} has no command`);
  for (const prepare of children) await prepare().ended;
  const child = main();
  const stop = async () => {
    await stopChild(child.process);
    await child.ended.catch(() => undefined);
    await removeFolder(folder);
  };
  let hasEnded = false;
  child.ended.then(
    () => (hasEnded = true),
    () => (hasEnded = true),
  );
  const isUp = (await becomesTrue(async () => hasEnded || (await greets(place)), READY_MS)) && !hasEnded;
  if (isUp) return { place, stop };
  await stop();
  throw new Error(`${server.name} did not start on ${host}:\n${child.output()}`);
}

function start(
  [program, ...args]: readonly [string, ...string[]],
  folder: string,
  env: Readonly<Record<string, string>>,
) {
  return startChild(program, args, { cwd: folder, env, timeoutMs: LIFETIME_MS });
}

/** Servers have different words for the newest version, or none. Their OpenSSL has one. */
async function limitVersion(folder: string, { version }: ServerTls): Promise<string> {
  const path = join(folder, 'openssl.cnf');
  await writeFile(
    path,
    `openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = default\n[default]\nMaxProtocol = ${version}\n`,
  );
  return path;
}

/** A port that is free now, below the ones the system gives to clients, who would otherwise take it. */
export async function freePort(host: string): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    if (await canListen(host, port)) return port;
  }
}

async function canListen(host: string, port: number): Promise<boolean> {
  const probe = createServer();
  try {
    await once(probe.listen(port, host), 'listening');
    return true;
  } catch {
    return false;
  } finally {
    probe.close();
  }
}

/** Whether this machine has a loopback address of the family. */
export const hasFamily = (family: Family) => canListen(LOOPBACK[family], 0);

/** Whether somebody says 220 there. */
export async function greets({ host, port, tls }: Pick<Place, 'host' | 'port' | 'tls'>): Promise<boolean> {
  const socket =
    tls?.how === 'implicit'
      ? connectTls({ host, port, timeout: 1000, rejectUnauthorized: false })
      : createConnection({ host, port, timeout: 1000 });
  socket.on('timeout', () => socket.destroy());
  try {
    const [chunk] = await once(socket, 'data', { signal: AbortSignal.timeout(2000) });
    return String(chunk).startsWith('220');
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
