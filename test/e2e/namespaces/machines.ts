// What runs on the machines of a network: a real server with a file to fetch, the proxy as a user starts it, real clients that
// fetch that file and bring another. Clients are given little time: what a firewall drops would else be waited for.
import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Observation } from '../../../src/dialogue/observation.js';
import { type Certificates, makeCertificates } from '../certificates.js';
import { becomesTrue, type Child } from '../child-process.js';
import { makeTempFolder, removeFolder } from '../disk.js';
import { makeAuthority } from '../proxy.js';
import type { Family, Place, Server } from '../servers/server.js';
import { type Machine, SERVER } from './network.js';

const READY_MS = 10_000;
const FTP_PORT = 21;
const FILE_BYTES = 300_000;
export const COMMAND = fileURLToPath(new URL('../../../bin/ftpscope.js', import.meta.url));

export interface Site {
  readonly server: Server;
  /** The folder that clients know as `pub`. */
  readonly pub: string;
  /** SHA-256 of `pub/down.bin`. */
  readonly sha256: string;
  /** File with every authority that clients trust; absent where nobody encrypts. */
  readonly trusted?: string;
  /** What the server has done and does, for those who look for the reason of a failure. */
  said(): string;
}

/** What the machines need for FTPS: the server's certificate, and the folder with the proxy's own authority. */
export interface Encryption {
  readonly certificates: Certificates;
  readonly home: string;
  readonly trusted: string;
}

/** Control and data, whatever the client would rather have. */
const ENCRYPTS = { how: 'explicit', version: 'TLSv1.3', dataMustBe: true } as const;

/** Clients trust the server's authority and the proxy's: what fails without the proxy does not fail for a certificate. */
export async function withEncryption<T>(use: (encryption: Encryption) => Promise<T>): Promise<T> {
  const home = await makeTempFolder('home');
  const certificates = await makeCertificates(Object.values(SERVER));
  try {
    const own = await makeAuthority(home);
    const trusted = join(home, 'trusted.pem');
    const authorities = await Promise.all([certificates.authority, own.file].map((file) => readFile(file, 'utf8')));
    await writeFile(trusted, authorities.join(''));
    return await use({ certificates, home, trusted });
  } finally {
    await certificates.remove();
    await removeFolder(home);
  }
}

export interface ServerChoice {
  readonly server: Server;
  readonly family?: Family;
  /** More lines for its configuration file. */
  readonly settings?: string;
}

/** Starts a server on its machine, at port 21, for the time of `use`. */
export async function withServer<T>(
  machine: Machine,
  { server, family = 4, settings = '' }: ServerChoice,
  encryption: Encryption | null,
  use: (site: Site) => Promise<T>,
): Promise<T> {
  const folder = await makeTempFolder('namespace');
  try {
    const place: Place = {
      ...{ folder, root: join(folder, 'root'), family, host: SERVER[family], port: FTP_PORT },
      ...(encryption === null ? {} : { tls: { ...ENCRYPTS, certificates: encryption.certificates } }),
    };
    const pub = join(place.root, 'pub');
    const content = randomBytes(FILE_BYTES);
    await mkdir(pub, { recursive: true });
    await chmod(pub, 0o777);
    await writeFile(join(pub, 'down.bin'), content);
    await chmod(join(pub, 'down.bin'), 0o666);
    for (const [name, text] of Object.entries(server.files(place))) {
      await writeFile(join(folder, name), name.endsWith('.conf') ? text + settings : text, { mode: 0o600 });
    }
    const lines = [...server.commands(place)];
    const last = lines.pop();
    if (last === undefined) throw new Error(`${server.name} has no command`);
    for (const [program, ...args] of lines) await machine.must(program, args);
    const [program, ...args] = last;
    const child = machine.start(program, args, folder);
    await mustListen(child, FTP_PORT, server.name);
    const trusted = encryption === null ? {} : { trusted: encryption.trusted };
    return await use({ server, pub, sha256: sha256(content), ...trusted, said: child.output });
  } finally {
    await removeFolder(folder);
  }
}

export interface RunningProxy {
  readonly observations: readonly Observation[];
  said(): string;
}

/** Starts the proxy with these arguments behind `ftpscope proxy`; resolves when it listens. */
export async function startProxy(
  machine: Machine,
  args: readonly string[],
  encryption: Encryption | null = null,
): Promise<RunningProxy> {
  const tls = encryption === null ? ['--client-tls', 'off'] : ['--server-ca', encryption.certificates.authority];
  const home = encryption === null ? [] : [`XDG_DATA_HOME=${encryption.home}`];
  const child = machine.start('env', [...home, process.execPath, COMMAND, 'proxy', ...args, ...tls, '--json']);
  const observations: Observation[] = [];
  const { stdout } = child.process;
  if (stdout === null) throw new Error('the proxy has no output');
  createInterface({ input: stdout }).on('line', (line) => {
    const value: unknown = JSON.parse(line);
    if (isObservation(value)) observations.push(value);
  });
  const listens = () => hasEnded(child) || /^listening on /m.test(child.output());
  if (!(await becomesTrue(listens, READY_MS)) || hasEnded(child)) {
    throw new Error(`the proxy does not listen:\n${child.output()}`);
  }
  return { observations, said: child.output };
}

/** Gives a shell on that machine what `ftpscope rules` prints for these options. */
export const tellKernel = (machine: Machine, ...args: readonly string[]) =>
  machine.must('sh', ['-ec', `"$0" "$@" | sh -e`, process.execPath, COMMAND, 'rules', ...args]);

function isObservation(value: unknown): value is Observation {
  return typeof value === 'object' && value !== null && 'kind' in value && 'session' in value;
}

const hasEnded = (child: Child) => child.process.exitCode !== null || child.process.signalCode !== null;

/** Until that process's machine has a listener at the port. */
async function mustListen(child: Child, port: number, name: string): Promise<void> {
  const LISTENING = '0A';
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const listens = async () => {
    const tables = await Promise.all(
      ['tcp', 'tcp6'].map((table) => readFile(`/proc/${child.process.pid}/net/${table}`, 'utf8').catch(() => '')),
    );
    const rows = tables.flatMap((table) => table.split('\n')).map((line) => line.trim().split(/\s+/));
    return rows.some(([, local = '', , state]) => local.endsWith(wanted) && state === LISTENING);
  };
  if (await becomesTrue(async () => hasEnded(child) || (await listens()), READY_MS)) {
    if (!hasEnded(child)) return;
  }
  throw new Error(`${name} does not listen:\n${child.output()}`);
}

export const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
