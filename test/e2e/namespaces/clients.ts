// The clients of the namespaces: curl, lftp, and Python's ftplib as a client that takes nothing but EPSV. Each fetches a file
// and brings one.
import { randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Mode } from '../clients/client.js';
import { makeTempFolder, removeFolder } from '../disk.js';
import type { Peer } from '../peers.js';
import { type Site, sha256 } from './machines.js';
import type { Machine } from './network.js';

/** Where a client is sent, and how it is to make its data connections. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly mode: Mode;
}

export interface NamespaceClient {
  readonly name: string;
  readonly needs: readonly Peer[];
  /** Program and arguments that fetch `pub/down.bin` and bring `up.bin` to `pub/`, or fail. */
  command(target: Target, site: Site, patienceS: number): readonly [program: string, ...args: string[]];
}

const UP_BYTES = 200_000;
/** For a connection that is dropped, and for one that is not. */
const PATIENCE_S = { fails: 2, works: 8 } as const;

const isPassive = (mode: Mode) => mode === 'PASV' || mode === 'EPSV';
const inUrl = (host: string) => (host.includes(':') ? `[${host}]` : host);

const CURL_MODES: Readonly<Record<Mode, readonly string[]>> = {
  // Left to itself it takes no notice of the address in a 227.
  PASV: ['--disable-epsv', '--no-ftp-skip-pasv-ip'],
  EPSV: [],
  PORT: ['--ftp-port', '-', '--disable-eprt'],
  EPRT: ['--ftp-port', '-'],
};

export const curl: NamespaceClient = {
  name: 'curl',
  needs: [{ file: 'curl', from: 'curl' }],
  command: ({ host, port, mode }, { server, trusted }, patienceS) => {
    const url = `ftp://${inUrl(host)}:${port}/pub`;
    const common = [
      ...['--silent', '--show-error', '--verbose', '--fail-early', '--max-time', String(patienceS)],
      ...['--user', `${server.user}:${server.password}`],
      ...CURL_MODES[mode],
      ...(trusted === undefined ? [] : ['--ssl-reqd', '--cacert', trusted]),
    ];
    const [down, up] = [`${url}/down.bin`, `${url}/up.bin`];
    return ['curl', '--disable', ...common, '-o', 'down.bin', down, '--next', ...common, '-T', 'up.bin', up];
  },
};

export const lftp: NamespaceClient = {
  name: 'lftp',
  needs: [{ file: 'lftp', from: 'lftp' }],
  command: ({ host, port, mode }, { server, trusted }, patienceS) => {
    const script = [
      'debug 5; set cmd:fail-exit yes; set cmd:move-background no; set ftp:use-feat no',
      trusted === undefined
        ? 'set ftp:ssl-allow no'
        : `set ftp:ssl-force yes; set ftp:ssl-protect-data yes; set ssl:ca-file "${trusted}"`,
      `set net:max-retries 1; set net:timeout ${patienceS}; set net:reconnect-interval-base 1; set dns:order "inet inet6"`,
      `set ftp:auto-passive-mode no; set ftp:fix-pasv-address no; set ftp:passive-mode ${isPassive(mode) ? 'yes' : 'no'}`,
      `set ftp:prefer-epsv ${mode === 'EPSV' ? 'yes' : 'no'}`,
      `open -u ${server.user},${server.password} -p ${port} ${host}`,
      'cd pub; get down.bin; put up.bin; bye',
    ];
    return ['lftp', '--norc', '-c', script.join('; ')];
  },
};

const PYTHON = '/usr/bin/python3';

export const epsvAll: NamespaceClient = {
  name: 'ftplib after EPSV ALL',
  needs: [{ file: PYTHON, from: 'python3' }],
  command: ({ host, port }, { server }, patienceS) => {
    const script = fileURLToPath(new URL('epsv-all.py', import.meta.url));
    return [PYTHON, script, host, String(port), server.user, server.password, String(patienceS)];
  },
};

/** What a client did: what is wrong with it, in words; undefined when every byte is where it belongs. */
export interface Visit {
  readonly wrong: string | undefined;
  readonly said: string;
}

/** Lets a client do its job once, in a folder of its own. */
export async function visit(
  machine: Machine,
  client: NamespaceClient,
  target: Target,
  site: Site,
  expected: 'works' | 'fails',
): Promise<Visit> {
  const folder = await makeTempFolder('visitor');
  const up = randomBytes(UP_BYTES);
  try {
    await writeFile(join(folder, 'up.bin'), up);
    await rm(join(site.pub, 'up.bin'), { force: true });
    const patienceS = PATIENCE_S[expected];
    const [program, ...args] = client.command(target, site, patienceS);
    const timeoutMs = (2 * patienceS + 1) * 1000;
    const said = await machine.run(program, args, { cwd: folder, timeoutMs }).catch((error: unknown) => String(error));
    const got = await digestOf(join(folder, 'down.bin'));
    const brought = await digestOf(join(site.pub, 'up.bin'));
    return { wrong: difference('down.bin', got, site.sha256) ?? difference('up.bin', brought, sha256(up)), said };
  } finally {
    await removeFolder(folder);
  }
}

const digestOf = (path: string) => readFile(path).then(sha256, () => 'absent');

function difference(name: string, found: string, wanted: string): string | undefined {
  return found === wanted ? undefined : `${name} has sha256 ${found}, not ${wanted}`;
}
