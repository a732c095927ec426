// A session recorded through the proxy from one real server, replayed to another: the comparison names the real differences and
// nothing else. And an encrypted one, replayed in the clear.
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { Client } from 'basic-ftp';
import { describe, expect, onTestFinished, type TestContext, test } from 'vitest';
import type { ReplayData } from '../../src/replay/client/report.js';
import { makeCertificates, OPENSSL } from './certificates.js';
import { runChild } from './child-process.js';
import { makeTempFolder, removeFolder } from './disk.js';
import { cannotTest, missing } from './peers.js';
import { COMMAND, makeAuthority, type ProxySettings, startProxy } from './proxy.js';
import { proftpd } from './servers/proftpd.js';
import { type RunningServer, type Server, type ServerTls, startServer } from './servers/server.js';
import { vsftpd } from './servers/vsftpd.js';

const LIFETIME_MS = 60_000;
const README = 'read me\r\n';

/** A real server with the same files as any other of these. */
async function stocked(server: Server, tls?: ServerTls): Promise<RunningServer> {
  const running = await startServer(server, 4, tls);
  onTestFinished(() => running.stop());
  const { root } = running.place;
  await writeFile(join(root, 'pub', 'readme.txt'), README, { mode: 0o644 });
  await writeFile(join(root, 'pub', 'data.bin'), Buffer.alloc(300_000, 'seven'), { mode: 0o644 });
  await mkdir(join(root, 'pub', 'sub'));
  await chmod(join(root, 'pub', 'sub'), 0o777);
  return running;
}

async function folderOfTest(): Promise<string> {
  const folder = await makeTempFolder('replay');
  onTestFinished(() => removeFolder(folder));
  return folder;
}

/** What a client does through the proxy, as a recording. */
async function record(
  { place }: RunningServer,
  folder: string,
  act: (client: Client) => Promise<void>,
  settings: ProxySettings = {},
): Promise<string> {
  const file = join(folder, 'session.ndjson');
  const options = ['-w', file, '--payloads', join(folder, 'payloads')];
  const proxy = await startProxy(place, { ...settings, options });
  const client = new Client(10_000);
  try {
    await client.access({ host: proxy.host, port: proxy.port, ...(await secureTo(proxy.authority)) });
    await act(client);
    await client.send('QUIT');
    await proxy.observations();
  } finally {
    client.close();
    await proxy.stop();
  }
  return file;
}

async function secureTo(authority: string | undefined) {
  return authority === undefined ? {} : { secure: true, secureOptions: { ca: await readFile(authority, 'utf8') } };
}

async function replay(file: string, server: RunningServer, options: readonly string[]) {
  const scheme = server.place.tls?.how === 'implicit' ? 'ftps' : 'ftp';
  const url = `${scheme}://${server.place.host}:${server.place.port}`;
  const args = [COMMAND, 'replay', file, '--to', url, '--json', ...options];
  const said = await runChild(process.execPath, args, { cwd: '/', timeoutMs: LIFETIME_MS });
  const line = said.split('\n').find((one) => one.startsWith('{'));
  if (line === undefined) throw new Error(`no comparison:\n${said}`);
  const data: ReplayData = JSON.parse(line);
  return { said, data, status: /exited with (\d+)\]$/.exec(said)?.[1] };
}

async function browse(client: Client): Promise<void> {
  await client.cd('pub');
  await client.list();
  await client.size('data.bin');
  await client.downloadTo(new PassThrough().resume(), 'data.bin');
}

const told = ({ differences }: ReplayData) => differences.map(({ aspect, command }) => `${aspect} of ${command}`);

/** Servers word these differently; with the same codes. */
const WORDS_OF_BOTH = [
  'texts of null',
  'texts of OPTS UTF8 ON',
  'texts of USER anonymous',
  'texts of PASS ****',
  'texts of FEAT',
  'texts of TYPE I',
  'texts of STRU F',
  'texts of OPTS UTF8 ON',
  'texts of CWD pub',
  'texts of LIST -a',
  'texts of RETR data.bin',
];

describe('recorded from vsftpd', () => {
  test('replayed to vsftpd, nothing differs', async (context: TestContext) => {
    const reason = missing(vsftpd.needs);
    if (reason !== undefined) return cannotTest(context, reason);
    const file = await record(await stocked(vsftpd), await folderOfTest(), browse);
    const { data, status } = await replay(file, await stocked(vsftpd), ['--password', 'me@example.com']);
    expect(data).toMatchObject({ differences: [], leftOut: [], stopped: null, commands: 14, payloads: 2 });
    expect(status).toBe('0');
  });

  test('replayed to ProFTPD, the words differ, and the file that was changed', async (context: TestContext) => {
    const reason = missing([...vsftpd.needs, ...proftpd.needs]);
    if (reason !== undefined) return cannotTest(context, reason);
    const file = await record(await stocked(vsftpd), await folderOfTest(), browse);
    const other = await stocked(proftpd);
    const login = ['--user', proftpd.user, '--password', proftpd.password];
    const same = await replay(file, other, login);
    expect(told(same.data)).toEqual(WORDS_OF_BOTH);
    expect(same.data.differences.find(({ command }) => command === 'PASS ****')).toMatchObject({
      recorded: ['230 Login successful.'],
      replayed: ['230 User scope logged in'],
    });
    expect(same.status).toBe('1');

    await writeFile(join(other.place.root, 'pub', 'data.bin'), Buffer.alloc(300_000, 'eight'));
    const changed = await replay(file, other, [...login, '--matters', 'codes,payloads', '--mode', 'active']);
    expect(told(changed.data)).toEqual([...WORDS_OF_BOTH, 'payloads of RETR data.bin']);
    expect(changed.data.differences.filter(({ matters }) => matters)).toHaveLength(1);
    expect(changed.status).toBe('1');
  });

  test('uploads go out with --allow-writes alone, and arrive', async (context: TestContext) => {
    const reason = missing([...vsftpd.needs, ...proftpd.needs]);
    if (reason !== undefined) return cannotTest(context, reason);
    const content = Buffer.alloc(70_000, 'up');
    const file = await record(await stocked(vsftpd), await folderOfTest(), async (client) => {
      await client.cd('pub');
      await client.uploadFrom(Readable.from([content]), 'new.bin');
      await client.rename('new.bin', 'newer.bin');
    });
    const other = await stocked(proftpd);
    const login = ['--user', proftpd.user, '--password', proftpd.password, '--matters', 'codes,payloads'];
    const guarded = await replay(file, other, login);
    expect(guarded.data.leftOut.map(({ line }) => line)).toEqual([
      'EPSV',
      'STOR new.bin',
      'RNFR new.bin',
      'RNTO newer.bin',
    ]);
    expect(await readdir(join(other.place.root, 'pub'))).not.toContain('newer.bin');
    expect(guarded.status).toBe('0');
    const allowed = await replay(file, other, [...login, '--allow-writes']);
    expect(allowed.data).toMatchObject({ leftOut: [], stopped: null });
    expect(await readFile(join(other.place.root, 'pub', 'newer.bin'))).toEqual(content);
  });
});

test('recorded with FTPS, replayed in the clear, and encrypted', async (context: TestContext) => {
  const reason = missing([...vsftpd.needs, OPENSSL]);
  if (reason !== undefined) return cannotTest(context, reason);
  const certificates = await makeCertificates();
  onTestFinished(() => certificates.remove());
  const folder = await folderOfTest();
  const authority = await makeAuthority(folder);
  const tls: ServerTls = { how: 'explicit', version: 'TLSv1.3', dataMustBe: true, certificates };
  const secure = await stocked(vsftpd, tls);
  const file = await record(secure, folder, browse, { authority });
  const password = ['--password', 'me@example.com'];

  const plain = await replay(file, await stocked(vsftpd), [...password, '--server-tls', 'off']);
  expect(plain.data.leftOut.map(({ line }) => line)).toEqual(['AUTH TLS', 'PBSZ 0', 'PROT P']);
  expect(plain.data).toMatchObject({ payloads: 2, stopped: null });
  // A server without TLS offers none.
  expect(told(plain.data)).toEqual(['texts of FEAT']);

  const again = await replay(file, secure, [...password, '--server-ca', certificates.authority]);
  expect(again.data).toMatchObject({ differences: [], leftOut: [], payloads: 2, stopped: null });
  expect(again.status).toBe('0');

  const untrusted = await replay(file, secure, password);
  expect(untrusted.data.stopped?.why).toMatch(/certificate/);
  expect(untrusted.status).toBe('1');
});

test.for(['explicit', 'implicit'] as const)(
  'recorded in the clear, replayed with %s TLS',
  async (how, context: TestContext) => {
    const reason = missing([...vsftpd.needs, OPENSSL]);
    if (reason !== undefined) return cannotTest(context, reason);
    const certificates = await makeCertificates();
    onTestFinished(() => certificates.remove());
    const file = await record(await stocked(vsftpd), await folderOfTest(), browse);
    const server = await stocked(vsftpd, { how, version: 'TLSv1.3', dataMustBe: true, certificates });
    const tls = how === 'explicit' ? ['--server-tls', 'require'] : [];
    const options = ['--password', 'me@example.com', '--server-ca', certificates.authority, ...tls];
    const { data } = await replay(file, server, options);
    // A server with TLS offers it.
    expect(told(data)).toEqual(['texts of FEAT']);
    expect(data).toMatchObject({ payloads: 2, stopped: null });
  },
);
