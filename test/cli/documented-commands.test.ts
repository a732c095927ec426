// The commands of the README and of every page in docs/, typed as they stand there, block by block. Host names stand for servers on this
// machine, ports for free ones, and a few programs are replaced by others that change nothing: the tables say which. A block whose
// programs are not installed is skipped, and says so.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { startSampleServer } from '../../src/demo/sample-server.js';
import { cannotTest, missing } from '../e2e/peers.js';
import { type Block, blocksIn, ROOT, shellBlocks, USER_PAGES } from '../support/documents.js';
import { BIN } from './program.js';

/** Programs that run in place of those of the same name. */
const PROGRAMS: Readonly<Record<string, string>> = {
  ftpscope: `exec '${process.execPath}' '${BIN}' "$@"`,
  // The demo is run; installing and testing is not what a test should do.
  npm: `
    case "$*" in
      'run demo') exec ftpscope demo --plain ;;
      ci|test|link) ;;
      *) echo "npm $*: not known to this test" >&2; exit 2 ;;
    esac`,
  // What would change the machine is read, and has to be something.
  sudo: 'grep -q .',
  wireshark: 'exec cat >/dev/null',
  // In place of the network, which only root may listen to.
  tcpdump: 'exec cat capture.pcapng',
};

/** Programs that are run where they are installed. */
const PEERS: Readonly<Record<string, string>> = { curl: 'curl', jq: 'jq', mergecap: 'wireshark-common' };

/** Ports: that of the sample server, of one that knows TLS too, and a free one for each block. */
interface Ports {
  readonly plain: number;
  readonly secure: number;
  readonly free: number;
}

/** What is typed in place of what the pages say; longer texts first. */
function asTypedHere(command: string, { plain, secure, free }: Ports): string {
  const names: readonly (readonly [string, string])[] = [
    ['anna%40ftp.example.com%3A2100:secret', `demo%40127.0.0.1%3A${plain}:sesame`],
    ['anna%40ftp.example.com:secret', `demo%40127.0.0.1%3A${plain}:sesame`],
    ['--allow-server ftp.example.com:2100', `--allow-server 127.0.0.1:${plain}`],
    ["--allow-server '*.example.com'", `--allow-server '127.0.0.1:*'`],
    ['ftp://new-server.example.com', `ftp://127.0.0.1:${plain}`],
    ['ftp://ftp.example.com', `ftp://127.0.0.1:${secure}`],
    ['0.0.0.0:2121', `127.0.0.1:${free}`],
    ['127.0.0.1:2121', `127.0.0.1:${free}`],
    ['--listen :2221', '--listen 127.0.0.1:0'],
    ['--listen :2222', '--listen 127.0.0.1:0'],
  ];
  const named = names.reduce((text, [page, here]) => text.replaceAll(page, here), command);
  // Where the page leaves the port to the program.
  const listens = !named.startsWith('ftpscope proxy') || named.includes('--listen');
  return listens ? named : `${named} --listen 127.0.0.1:${free}`;
}

/** Commands that run until Ctrl-C: what follows them in a block is typed in another terminal. */
const STAYS = /^ftpscope (proxy|attach|replay .*--serve)/;

const folder = mkdtempSync(join(tmpdir(), 'ftpscope-documented-'));
const material = join(folder, 'material');
const environment = {
  ...process.env,
  PATH: [join(folder, 'programs'), process.env['PATH'] ?? ''].join(delimiter),
  XDG_DATA_HOME: join(folder, 'home'),
  // Makes the server's certificate valid, as that of a public server is.
  NODE_EXTRA_CA_CERTS: join(material, 'server-ca.pem'),
};
const servers = { plain: 0, secure: 0 };
const stops: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  for (const name of ['programs', 'home', 'material']) mkdirSync(join(folder, name));
  for (const [name, script] of Object.entries(PROGRAMS)) {
    writeFileSync(join(folder, 'programs', name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, 'programs', name), 0o755);
  }
  // The files that the pages name.
  writeFileSync(join(material, 'password.txt'), 'sesame\n', { mode: 0o600 });
  await run('ftpscope ca --folder server-ca --pem > server-ca.pem', material);
  await run('ftpscope demo --plain -w session.ndjson --payloads saved', material);
  await run('ftpscope export session.ndjson --pcapng capture.pcapng && gzip -k capture.pcapng', material);
  for (const part of ['part1.pcap', 'part2.pcap']) cpSync(join(material, 'capture.pcapng'), join(material, part));
  const server = await startSampleServer();
  stops.push(() => server.close());
  servers.plain = server.address.port;
  servers.secure = await freePort();
  // A server that knows TLS.
  const proxy = `ftpscope proxy ftp://127.0.0.1:${servers.plain} --listen 127.0.0.1:${servers.secure}`;
  stops.push(await stay(`${proxy} --server-tls off --ca-folder server-ca`, material));
});

afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(process.platform === 'win32')('typed as written', { concurrent: true, timeout: 120_000 }, () => {
  for (const block of USER_PAGES.flatMap((page) => shellBlocks(page))) {
    test(`${block.page}:${block.line}`, (context) => typeBlock(block, context));
  }
});

test('the program that uses the library runs', async () => {
  const [program] = USER_PAGES.flatMap((page) => blocksIn('ts', page));
  const place = join(folder, 'library');
  mkdirSync(join(place, 'node_modules'), { recursive: true });
  symlinkSync(ROOT, join(place, 'node_modules', 'ftpscope'), 'junction');
  writeFileSync(join(place, 'program.mjs'), program?.body ?? '');
  expect(await run('node program.mjs', place)).toMatch(/address: '127\.0\.0\.1', port: \d+/);
});

async function typeBlock({ page, line, commands }: Block, context: TestContext): Promise<void> {
  const peers = Object.entries(PEERS).filter(([file]) => commands.some((command) => command.includes(`${file} `)));
  const absent = missing(peers.map(([file, from]) => ({ file, from })));
  if (absent !== undefined) return cannotTest(context, absent);
  const ports = { ...servers, free: await freePort() };
  const place = join(folder, `${page.replace('/', '-')}-${line}`);
  cpSync(material, place, { recursive: true });
  const running: (() => Promise<unknown>)[] = [];
  try {
    for (const command of commands) {
      const typed = asTypedHere(command, ports);
      if (!STAYS.test(typed)) await run(typed, place);
      else {
        // Who attaches sees something.
        if (typed.startsWith('ftpscope attach')) await visit(ports.free);
        running.push(await stay(typed, place));
      }
    }
  } finally {
    for (const stop of running.reverse()) await stop();
  }
}

/** Resolves with what it wrote on stdout; rejects, with what it wrote on stderr, unless it ends with status 0. */
async function run(command: string, place: string): Promise<string> {
  const { stdout } = await promisify(execFile)('bash', ['-o', 'pipefail', '-c', command], {
    cwd: place,
    env: environment,
  });
  return stdout;
}

/** Resolves when the command runs: with what presses Ctrl-C then, and waits for a good end. */
async function stay(command: string, place: string): Promise<() => Promise<void>> {
  const child = spawn('bash', ['-c', `exec ${command}`], { cwd: place, env: environment, stdio: 'pipe' });
  let said = '';
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const runs = new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('listening on ')) resolve();
    });
    void ended.then(() => reject(new Error(`${command}: ended: ${said}`)));
  });
  child.stdout.resume();
  await runs;
  return async () => {
    child.kill('SIGINT');
    expect({ command, status: await ended, said }).toMatchObject({ status: 0 });
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function visit(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'data');
  socket.destroy();
}
