// A capture that nobody here made, served to real clients: they list, download and upload as if the server were there. And the
// whole way round: served, relayed and recorded by the proxy, read again, nothing differs.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough, Readable } from 'node:stream';
import { Client } from 'basic-ftp';
import { describe, expect, onTestFinished, type TestContext, test } from 'vitest';
import { openRecorded } from '../../src/recordings/open-recording.js';
import { compareSessions } from '../../src/replay/client/comparison.js';
import { listingsOf } from '../../src/replay/client/listings.js';
import type { CountsData } from '../../src/replay/server/served-counts.js';
import { recordedSessions } from '../../src/replay/session/recorded-sessions.js';
import { capturePath } from '../support/corpus.js';
import { runChild, startChild, stopChild } from './child-process.js';
import { makeTempFolder, removeFolder } from './disk.js';
import { cannotTest, missing, type Peer } from './peers.js';
import { COMMAND, startProxy } from './proxy.js';

const LIFETIME_MS = 60_000;
const PATIENCE_MS = 15_000;

/** Sizes and sums as the truth of the captures tells them. */
const ROBOTS_BYTES = 77;

const CURL: Peer = { file: 'curl', from: 'curl' };
const LFTP: Peer = { file: 'lftp', from: 'lftp' };

/** Skips the test where the peer is missing. */
function need(context: TestContext, peer: Peer): void {
  const reason = missing([peer]);
  if (reason !== undefined) cannotTest(context, reason);
}

async function folderOfTest(): Promise<string> {
  const folder = await makeTempFolder('replay');
  onTestFinished(() => removeFolder(folder));
  return folder;
}

interface Served {
  readonly port: number;
  /** Ends it; what it was asked. */
  end(): Promise<CountsData>;
}

async function serve(file: string, options: readonly string[] = []): Promise<Served> {
  const args = [COMMAND, 'replay', file, '--serve', '127.0.0.1:0', '--json', ...options];
  const child = startChild(process.execPath, args, { cwd: '/', timeoutMs: LIFETIME_MS });
  const stop = async () => {
    await stopChild(child.process);
    await child.ended.catch(() => undefined);
  };
  onTestFinished(stop);
  const { stderr } = child.process;
  if (stderr === null) throw new Error('it has no output');
  const [line] = await once(createInterface({ input: stderr }), 'line', { signal: AbortSignal.timeout(PATIENCE_MS) });
  const port = /^listening on 127\.0\.0\.1:(\d+)$/.exec(String(line))?.[1];
  if (port === undefined) throw new Error(`it does not listen:\n${child.output()}`);
  const end = async () => {
    await stop();
    const said = child
      .output()
      .split('\n')
      .find((one) => one.startsWith('{'));
    if (said === undefined) throw new Error(`no summary:\n${child.output()}`);
    const counts: CountsData = JSON.parse(said);
    return counts;
  };
  return { port: Number(port), end };
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const UPLOAD = Buffer.from('an upload\n');

describe('ipv4, served', () => {
  test.for(['', '--disable-epsv', '--ftp-port -'])('curl %s', async (mode, context: TestContext) => {
    need(context, CURL);
    const { port, end } = await serve(capturePath('ipv4'));
    const folder = await folderOfTest();
    const url = `ftp://127.0.0.1:${port}/`;
    const curl = (...args: readonly string[]) =>
      runChild(
        'curl',
        ['--disable', '-sS', '--max-time', '15', ...mode.split(' ').filter((one) => one !== ''), ...args],
        {
          cwd: folder,
          timeoutMs: LIFETIME_MS,
          input: UPLOAD,
        },
      );
    expect(await curl(url)).toContain('ls-lRA.gz');
    expect(await curl('-o', 'robots.txt', `${url}robots.txt`)).toContain('exited with 0');
    expect(await readFile(join(folder, 'robots.txt'))).toHaveLength(ROBOTS_BYTES);
    expect(await curl('-T', '-', `${url}up.txt`)).toContain('exited with 0');
    expect((await end()).uploads).toEqual([
      { line: 'STOR up.txt', bytes: UPLOAD.length, sha256: sha256(UPLOAD), same: null },
    ]);
  });

  test.for(['true', 'false'])('lftp, passive mode %s', async (passive, context: TestContext) => {
    need(context, LFTP);
    const { port, end } = await serve(capturePath('ipv4'));
    const folder = await folderOfTest();
    await writeFile(join(folder, 'up.txt'), UPLOAD);
    const settings = `set net:timeout 10; set net:max-retries 2; set ftp:passive-mode ${passive}; set ftp:use-site-utime no; set ftp:ssl-allow no`;
    const script = `${settings}; open -u me,word -p ${port} 127.0.0.1; ls; get robots.txt; put up.txt; bye`;
    const said = await runChild('lftp', ['--norc', '-c', script], { cwd: folder, timeoutMs: LIFETIME_MS });
    expect(said).toContain('ls-lRA.gz');
    expect(await readFile(join(folder, 'robots.txt'))).toHaveLength(ROBOTS_BYTES);
    expect((await end()).uploads).toMatchObject([{ line: 'STOR up.txt', sha256: sha256(UPLOAD) }]);
  });

  test('basic-ftp, several at once', async () => {
    const { port, end } = await serve(capturePath('ipv4'));
    const visit = async () => {
      const client = new Client(PATIENCE_MS);
      await client.access({ host: '127.0.0.1', port, user: 'me', password: 'word' });
      const names = (await client.list()).map(({ name }) => name);
      const chunks: Buffer[] = [];
      await client.downloadTo(
        new PassThrough().on('data', (chunk: Buffer) => chunks.push(chunk)),
        'robots.txt',
      );
      await client.uploadFrom(Readable.from([UPLOAD]), 'up.txt');
      client.close();
      return { names, bytes: Buffer.concat(chunks).length };
    };
    const visits = await Promise.all([visit(), visit(), visit()]);
    for (const { names, bytes } of visits) {
      expect(names).toContain('robots.txt');
      expect(bytes).toBe(ROBOTS_BYTES);
    }
    expect(await end()).toMatchObject({ clients: 3, withoutPayload: {} });
  });
});

test.for(['ipv4', 'ipv6', 'retr', 'ipv6-multiline-reply'])(
  '%s, served, relayed, recorded and read again: nothing differs',
  async (name) => {
    const folder = await folderOfTest();
    const served = await serve(capturePath(name));
    const recordTo = ['-w', join(folder, 'session.ndjson'), '--payloads', join(folder, 'payloads')];
    const place = { folder, root: folder, family: 4, host: '127.0.0.1', port: served.port } as const;
    const proxy = await startProxy(place, { options: recordTo });
    onTestFinished(() => proxy.stop());
    const args = [COMMAND, 'replay', capturePath(name), '--to', `ftp://127.0.0.1:${proxy.port}`, '--allow-writes'];
    expect(await runChild(process.execPath, args, { cwd: '/', timeoutMs: LIFETIME_MS })).toMatch(/exited with 0\]$/);
    await proxy.observations();
    await proxy.stop();
    const before = await onlySession(capturePath(name));
    const after = await onlySession(join(folder, 'session.ndjson'));
    expect(compareSessions(before, after).differences).toEqual([]);
    // A session that the capture does not see the end of ends with a QUIT of our own.
    const verbs = after.session.exchanges.map(({ line }) => verbOf(line)).slice(0, before.session.exchanges.length);
    expect(verbs).toEqual(before.session.exchanges.map(({ line }) => verbOf(line)));
    expect(await readdir(join(folder, 'payloads'))).toHaveLength(transfersOf(before.session.exchanges));
  },
);

/** Ports differ, and what is behind the verb with them. */
const verbOf = (line: string) => line.split(' ', 1)[0];

const transfersOf = (exchanges: readonly { readonly transfer: { readonly payload: string | null } | null }[]) =>
  exchanges.filter(({ transfer }) => transfer?.payload != null).length;

async function onlySession(file: string) {
  const recording = await openRecorded(file, { keepPayloads: true });
  try {
    for await (const session of recordedSessions(recording, null)) {
      return { session, listings: await listingsOf(session, recording) };
    }
  } finally {
    await recording.close();
  }
  throw new Error(`no session in ${file}`);
}
