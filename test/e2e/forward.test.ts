// Forward mode with real clients and servers: every login that lftp has for proxies, curl and ftplib as clients that know of no
// proxy, FileZilla's logins line by line; a file down and one up, the same bytes.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, type TestContext, test } from 'vitest';
import type { Observation } from '../../src/dialogue/observation.js';
import { endpointOf227 } from '../net/watched-proxy.js';
import { connectPeer, type Peer as RawPeer } from '../support/scripted-server.js';
import { type Certificates, makeCertificates, OPENSSL } from './certificates.js';
import { runChild } from './child-process.js';
import { makeTempFolder, removeFolder } from './disk.js';
import { cannotTest, missing, type Peer } from './peers.js';
import { makeAuthority, type RunningProxy, startProxy } from './proxy.js';
import { proftpd } from './servers/proftpd.js';
import { type RunningServer, type Server, startServer } from './servers/server.js';
import { vsftpd } from './servers/vsftpd.js';

const BYTES = Buffer.from(Array.from({ length: 70_001 }, (_, index) => (index * 7 + (index >> 8)) & 0xff));
const PROXY_USER = 'gatekeeper';
const PROXY_PASSWORD = 'opensaysme';
const TIMEOUT_MS = 30_000;

interface Stage {
  readonly kind: Server;
  readonly server: RunningServer;
  readonly proxy: RunningProxy;
  /** The client's folder, with `up.bin` in it. */
  readonly here: string;
  /** `anna@127.0.0.1:2121`: what the client calls the user and the server. */
  readonly login: string;
  /** File with the authority that signs for the proxy. */
  readonly authority: string;
}

interface Wishes {
  readonly tls?: boolean;
  readonly options?: readonly string[];
}

/** A server with `pub/down.bin`, and the proxy; null when the test was skipped. */
async function openStage(
  context: TestContext,
  kind: Server,
  client: readonly Peer[],
  { tls = false, options = [] }: Wishes = {},
): Promise<Stage | null> {
  const reason = missing([...client, ...kind.needs, ...(tls ? [OPENSSL, ...kind.needsForTls] : [])]);
  if (reason !== undefined) {
    cannotTest(context, reason);
    return null;
  }
  const certificates = tls ? await kept(makeCertificates(), (made: Certificates) => made.remove()) : null;
  const secured = certificates && ({ how: 'explicit', version: 'TLSv1.3', dataMustBe: true, certificates } as const);
  const server = await kept(startServer(kind, 4, secured ?? undefined), (running) => running.stop());
  const here = await kept(makeTempFolder('forward'), removeFolder);
  const authority = tls ? await makeAuthority(here) : undefined;
  const settings = { forward: true, options, ...(authority === undefined ? {} : { authority }) };
  const proxy = await kept(startProxy(server.place, settings), (running) => running.stop());
  await writeFile(join(server.place.root, 'pub', 'down.bin'), BYTES, { mode: 0o644 });
  await writeFile(join(here, 'up.bin'), BYTES);
  const login = `${kind.user}@${server.place.host}:${server.place.port}`;
  return { kind, server, proxy, here, login, authority: authority?.file ?? '' };
}

async function kept<T>(starting: Promise<T>, end: (started: T) => Promise<void>): Promise<T> {
  const started = await starting;
  onTestFinished(() => end(started));
  return started;
}

/** Both files arrived, and nothing of the proxy's own login did at the server. */
async function expectExchange({ server, proxy, here }: Stage): Promise<readonly Observation[]> {
  expect((await readFile(join(here, 'got.bin'))).equals(BYTES)).toBe(true);
  expect((await readFile(join(server.place.root, 'pub', 'up.bin'))).equals(BYTES)).toBe(true);
  const observations = await proxy.observations();
  const closed = observations.filter(({ kind }) => kind === 'link-closed');
  expect(closed.every((one) => one.kind === 'link-closed' && one.outcome === 'complete')).toBe(true);
  // Python's ftplib resumes no session.
  const violations = observations.filter((one) => one.kind === 'violation' && one.code !== 'data-not-resumed');
  expect(violations).toEqual([]);
  const { host, port } = server.place;
  expect(observations.filter(({ kind }) => kind === 'server-chosen')).toMatchObject([
    { server: { address: host, port } },
  ]);
  return observations;
}

const LFTP: Peer = { file: 'lftp', from: 'lftp' };
const CURL: Peer = { file: 'curl', from: 'curl' };
const PYTHON: Peer = { file: 'python3', from: 'python3' };

async function runLftp(stage: Stage, settings: readonly string[], proxyLogin: string): Promise<string> {
  const { kind, server, proxy, here } = stage;
  const script = [
    'set cmd:fail-exit yes; set net:max-retries 1; set net:timeout 10; set net:reconnect-interval-base 1; set xfer:clobber yes',
    ...settings,
    `set ftp:proxy ftp://${proxyLogin}${proxy.host}:${proxy.port}`,
    `open -u ${kind.user},${kind.password} -p ${server.place.port} ${server.place.host}`,
    'cd pub',
    'get down.bin -o got.bin',
    'put up.bin',
  ];
  await writeFile(join(here, 'script'), `${script.join('\n')}\n`);
  return runChild('lftp', ['-f', join(here, 'script')], { cwd: here, env: { HOME: here }, timeoutMs: TIMEOUT_MS });
}

const TYPES = ['user', 'joined', 'joined-acct', 'open', 'proxy-user@host'] as const;
const LFTP_CASES = [vsftpd, proftpd].flatMap((server) =>
  TYPES.flatMap((type) => [false, true].map((loggedIn) => [server.name, type, loggedIn, server] as const)),
);

describe('lftp', () => {
  test.for(LFTP_CASES)('at %s, proxy-auth-type %s, with a login to the proxy: %s', async (testCase, context) => {
    const [, type, loggedIn, server] = testCase;
    const stage = await openStage(context, server, [LFTP], { options: ['--proxy-user', PROXY_USER] });
    if (stage === null) return;
    const settings = [`set ftp:proxy-auth-type ${type}; set ftp:ssl-allow no`];
    const said = await runLftp(stage, settings, loggedIn ? `${PROXY_USER}:${PROXY_PASSWORD}@` : '');
    expect(said).toMatch(/exited with 0\]$/);
    // ProFTPD checks passwords: with the proxy's behind its own it would have let nobody in.
    expect(JSON.stringify(await expectExchange(stage))).not.toContain(PROXY_PASSWORD);
  });

  test.for([vsftpd, proftpd].map((server) => [server.name, server] as const))(
    'at %s, with TLS: type open, where it says AUTH',
    async ([, server], context) => {
      const stage = await openStage(context, server, [LFTP], { tls: true });
      if (stage === null) return;
      const settings = [
        'set ftp:proxy-auth-type open; set ftp:ssl-force yes; set ftp:ssl-protect-data yes',
        `set ssl:ca-file "${stage.authority}"`,
      ];
      expect(await runLftp(stage, settings, '')).toMatch(/exited with 0\]$/);
      expectEncrypted(await expectExchange(stage));
    },
  );
});

/** Control and data, on both legs. */
function expectEncrypted(observations: readonly Observation[]): void {
  const legs = observations.flatMap((one) =>
    one.kind === 'tls' && one.failure === null ? [`${one.side} ${one.leg}`] : [],
  );
  expect([...new Set(legs)].sort()).toEqual(['client control', 'client data', 'server control', 'server data']);
}

describe('curl', () => {
  const MODES = { EPSV: [], PASV: ['--disable-epsv'], PORT: ['--ftp-port', '-', '--disable-eprt'] } as const;
  test.for(['EPSV', 'PASV', 'PORT'] as const)('in %s mode, as USER user@host', async (mode, context) => {
    const stage = await openStage(context, proftpd, [CURL]);
    if (stage === null) return;
    const { kind, proxy, here, login } = stage;
    const url = `ftp://${encodeURIComponent(login)}:${kind.password}@${proxy.host}:${proxy.port}/pub`;
    const common = ['--disable', '--silent', '--show-error', '--max-time', '15', ...MODES[mode]];
    const curl = (...args: string[]) => runChild('curl', [...common, ...args], { cwd: here, timeoutMs: TIMEOUT_MS });
    expect(await curl(`${url}/down.bin`, '-o', 'got.bin', '--next', ...common, '-T', 'up.bin', `${url}/`)).toBe(
      '\n[curl exited with 0]',
    );
    await expectExchange(stage);
  });

  test('for a server that it may not have', async (context) => {
    const stage = await openStage(context, vsftpd, [CURL]);
    if (stage === null) return;
    const { proxy, here } = stage;
    const url = `ftp://anonymous%40127.0.0.1:x@${proxy.host}:${proxy.port}/`;
    const said = await runChild('curl', ['--disable', '-sS', '-v', url], { cwd: here, timeoutMs: TIMEOUT_MS });
    expect(said).toMatch(/< 530 This proxy may not connect to 127\.0\.0\.1:21\r?\n/);
    expect(said).toMatch(/exited with 67\]$/);
  });
});

const FTPLIB = `
import ftplib, ssl, sys
proxy, port, login, password, authority = sys.argv[1:]
if authority:
    ftp = ftplib.FTP_TLS(context=ssl.create_default_context(cafile=authority), timeout=10)
else:
    ftp = ftplib.FTP(timeout=10)
ftp.connect(proxy, int(port))
ftp.login(login, password)
if authority:
    ftp.prot_p()
ftp.cwd('pub')
with open('got.bin', 'wb') as file:
    ftp.retrbinary('RETR down.bin', file.write)
with open('up.bin', 'rb') as file:
    ftp.storbinary('STOR up.bin', file)
ftp.quit()
`;

describe("Python's ftplib", () => {
  test.for([
    ['in the clear', vsftpd, false],
    ['with AUTH TLS before USER', vsftpd, true],
    ['with AUTH TLS before USER, at ProFTPD', proftpd, true],
  ] as const)('%s', async ([, kind, tls], context) => {
    const stage = await openStage(context, kind, [PYTHON], { tls });
    if (stage === null) return;
    const { proxy, here, login, authority } = stage;
    const args = ['-c', FTPLIB, proxy.host, `${proxy.port}`, login, kind.password, authority];
    const said = await runChild('python3', args, { cwd: here, timeoutMs: TIMEOUT_MS });
    expect(said).toBe('\n[python3 exited with 0]');
    const observations = await expectExchange(stage);
    if (tls) expectEncrypted(observations);
  });
});

describe("FileZilla's proxy types", () => {
  const CASES = [1, 2, 3].flatMap((type) => [false, true].map((loggedIn) => [type, loggedIn] as const));

  /** What FileZilla 3 sends up to its first listing, each line behind the reply to the one before. */
  function logon(
    type: number,
    loggedIn: boolean,
    { kind, server, login }: Stage,
  ): readonly (readonly [string, number])[] {
    const host = `${server.place.host}:${server.place.port}`;
    const [user, password] = [kind.user, kind.password];
    return [
      ...(loggedIn
        ? ([
            [`USER ${PROXY_USER}`, 331],
            [`PASS ${PROXY_PASSWORD}`, 230],
          ] as const)
        : []),
      ...(type === 1 ? [] : ([[`${type === 2 ? 'SITE' : 'OPEN'} ${host}`, 220]] as const)),
      [`USER ${type === 1 ? login : user}`, 331],
      [`PASS ${password}`, 230],
      ['SYST', 215],
      ['FEAT', 211],
      ['OPTS UTF8 ON', 200],
      ['CWD pub', 250],
      ['PWD', 257],
      ['TYPE I', 200],
    ];
  }

  async function say(client: RawPeer, line: string, code: number): Promise<string> {
    const reply = await client.ask(line);
    expect(reply, line).toMatch(new RegExp(`^${code}`));
    return reply;
  }

  test.for(CASES)('%s, with a login to the proxy: %s', async ([type, loggedIn], context) => {
    const stage = await openStage(context, vsftpd, []);
    if (stage === null) return;
    const { proxy } = stage;
    const client = await connectPeer({ address: proxy.host, port: proxy.port });
    expect(await client.readReply()).toMatch(/^220/);
    for (const [line, code] of logon(type, loggedIn, stage)) await say(client, line, code);
    const data = await connectPeer(endpointOf227(await say(client, 'PASV', 227)));
    await say(client, 'LIST', 150);
    expect(await data.over()).toBe('ended');
    expect(await client.readReply()).toMatch(/^226/);
    expect(data.received).toMatch(/ down\.bin\r\n/);
    await say(client, 'QUIT', 221);
    expect(await client.over()).toBe('ended');
    const commands = (await proxy.observations()).filter(({ kind }) => kind === 'command');
    expect(JSON.stringify(commands)).not.toContain(PROXY_PASSWORD);
  });
});
