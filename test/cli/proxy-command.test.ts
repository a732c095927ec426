// `ftpscope proxy` as a program, in front of the sample server: what it prints, what it keeps, how it ends.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runDemoScript } from '../../src/demo/demo-script.js';
import { startSampleServer } from '../../src/demo/sample-server.js';
import type { Endpoint } from '../../src/protocol/endpoint.js';
import { connectPeer } from '../support/scripted-server.js';
import { hasSmallDisks, mountSmallDisk } from '../support/small-disk.js';
import { temporaryFolder } from '../transcript/temporary-folder.js';
import { type RunningProgram, runProgram, type Surroundings, startProgram } from './program.js';

async function upstreamUrl(): Promise<string> {
  const server = await startSampleServer();
  onTestFinished(() => server.close());
  return `ftp://${server.address.address}:${server.address.port}`;
}

interface StartedProxy extends RunningProgram {
  readonly client: Endpoint;
}

async function startProxyProgram(options: readonly string[], surroundings?: Surroundings): Promise<StartedProxy> {
  const program = startProgram(['proxy', await upstreamUrl(), '--listen', '127.0.0.1:0', ...options], surroundings);
  const [, port = ''] = await program.told(/^listening on 127\.0\.0\.1:(\d+)\n/);
  return { ...program, client: { address: '127.0.0.1', port: Number(port) } };
}

function objects(ndjson: string): Record<string, unknown>[] {
  return ndjson
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test('prints a transcript, and ends in order when it is told to', async () => {
  const proxy = await startProxyProgram([]);
  await runDemoScript(proxy.client);
  proxy.process.kill('SIGTERM');
  const { status, stdout, stderr } = await proxy.ended;
  expect(status).toBe(0);
  expect(stderr).toMatch(/^listening on \S+\nrelaying to 127\.0\.0\.1:\d+; .*curl ftp:\/\/127\.0\.0\.1:\d+\/ .*\n$/);
  expect(stdout).toMatch(/^\d\d:\d\d:\d\d\.\d{3} {2}#1 {2}127\.0\.0\.1:\d+ -> 127\.0\.0\.1:\d+ {3}session opened\n/);
  expect(stdout).toMatch(/ {2}#1 {2}-> PASS \*\*\*\*\n/);
  expect(stdout).toMatch(/ {2}#1 {2}== RETR report\.pdf {3}passive\/passive .* complete\n/);
  // Behind the end stands what went wrong, summed up.
  expect(stdout).toMatch(/ {2}#1 {2}session closed by .*\n(.* {2}#1 {2}(##| {2}) .*\n)*$/);
  expect(stdout).not.toContain('\x1b');
});

test.each(['SIGUSR1', 'SIGUSR2'] as const)('%s is ignored, once with a word, and opens no debugger', async (signal) => {
  const proxy = await startProxyProgram([]);
  proxy.process.kill(signal);
  await proxy.told(new RegExp(`^ftpscope: warning: ${signal} is ignored`, 'm'));
  proxy.process.kill(signal);
  await runDemoScript(proxy.client);
  proxy.process.kill('SIGTERM');
  const { status, stderr } = await proxy.ended;
  expect(status).toBe(0);
  expect(stderr).not.toContain('Debugger');
  expect(stderr.match(/is ignored/g)).toHaveLength(1);
});

test('keeps transcript and payloads, privately, and shows the same as NDJSON', async () => {
  const folder = temporaryFolder();
  const [transcript, payloads] = [join(folder, 'session.ndjson'), join(folder, 'kept')];
  const proxy = await startProxyProgram(['--json', '-w', transcript, '--payloads', payloads]);
  const { transfers } = await runDemoScript(proxy.client);
  proxy.process.kill('SIGINT');
  const { status, stdout } = await proxy.ended;
  expect(status).toBe(0);
  const [header, ...recorded] = objects(readFileSync(transcript, 'utf8'));
  expect(header).toMatchObject({ ftpscope: 1 });
  // Findings are derived, and not recorded.
  expect(objects(stdout).filter(({ kind }) => kind !== 'finding')).toEqual(recorded);
  expect(recorded.at(-1)).toMatchObject({ kind: 'session-closed' });
  expect(statSync(transcript).mode & 0o777).toBe(0o600);
  const kept = recorded.filter((observation) => 'payload' in observation);
  expect(kept).toHaveLength(transfers);
  expect(readdirSync(payloads)).toHaveLength(transfers);
  for (const { payload, sha256 } of kept) {
    expect(
      createHash('sha256')
        .update(readFileSync(join(payloads, String(payload))))
        .digest('hex'),
    ).toBe(sha256);
  }
});

test('says nothing but where it listens when quiet', async () => {
  const proxy = await startProxyProgram(['-q', '--advertise', '@/nowhere']);
  await runDemoScript(proxy.client).catch(() => {});
  proxy.process.kill('SIGTERM');
  const { status, stdout, stderr } = await proxy.ended;
  expect({ status, stdout, stderr }).toEqual({
    status: 0,
    stdout: '',
    stderr: `listening on 127.0.0.1:${proxy.client.port}\n`,
  });
});

test('listens at several addresses', async () => {
  const argv = ['proxy', 'ftp://127.0.0.1:1', '--listen', '0', '--listen', '127.0.0.1:0'];
  const program = startProgram(argv);
  await program.told(/relaying to/);
  program.process.kill('SIGTERM');
  const { stderr } = await program.ended;
  expect(stderr).toMatch(/^(listening on 127\.0\.0\.1:\d+\n){2}relaying to/);
});

test('relays to several servers, and says which where', async () => {
  const [one, two] = [await upstreamUrl(), await upstreamUrl()];
  const program = startProgram(['proxy', '--listen', '0', '--to', one, '--listen', '127.0.0.1:0', two, '--json']);
  await program.told(/Ctrl-C/);
  const [, first, second] = await program.told(/^listening on \S+:(\d+)\nlistening on \S+:(\d+)\n/);
  for (const port of [first, second]) await runDemoScript({ address: '127.0.0.1', port: Number(port) });
  program.process.kill('SIGTERM');
  const { stdout, stderr } = await program.ended;
  const server = (url: string) => url.slice('ftp://'.length);
  expect(stderr).toContain(`relaying 127.0.0.1:${first} to ${server(one)}\n`);
  expect(stderr).toContain(`relaying 127.0.0.1:${second} to ${server(two)}\n`);
  const opened = objects(stdout).filter(({ kind }) => kind === 'session-opened');
  expect(new Set(opened.map(({ session }) => session)).size).toBe(opened.length);
  expect(new Set(opened.map(({ server }) => JSON.stringify(server))).size).toBe(2);
});

test('says at once what cannot be advertised', async () => {
  const proxy = await startProxyProgram(['--advertise', '@/nowhere']);
  const [line] = await proxy.told(/^ftpscope: warning: --advertise .*$/m);
  expect(line).toContain(
    '--advertise @/nowhere: cannot read the file that holds the address to advertise: no such file or directory;',
  );
});

test('lets clients name their servers', async () => {
  const url = await upstreamUrl();
  const server = url.slice('ftp://'.length);
  const allowed = ['--allow-server', '10.0.0.0/8', '--allow-server', server];
  const program = startProgram(['proxy', '--forward', ...allowed, '--listen', '0']);
  const [, port = ''] = await program.told(/^listening on 127\.0\.0\.1:(\d+)\n.*Ctrl-C/);
  const client = await connectPeer({ address: '127.0.0.1', port: Number(port) });
  expect(await client.readReply()).toMatch(/^220 FTP proxy/);
  expect(await client.ask('USER demo@127.0.0.1')).toBe('530 This proxy may not connect to 127.0.0.1:21');
  expect(await client.ask(`USER demo@${server}`)).toMatch(/^331 /);
  expect(await client.ask('PASS sesame')).toMatch(/^230 /);
  expect(await client.ask('QUIT')).toMatch(/^221 /);
  await client.over();
  program.process.kill('SIGTERM');
  const { stdout, stderr } = await program.ended;
  expect(stderr).toContain(
    `relaying each client to the server that it names, as in: curl -u USER@HOST:PASSWORD ftp://127.0.0.1:${port}/`,
  );
  expect(stdout).toMatch(/ {2}#1 {2}127\.0\.0\.1:\d+ {3}session opened \(forward\)\n/);
  expect(stdout).toMatch(/ {2}!! this proxy may not connect to 127\.0\.0\.1:21; answered 530, not connected to /);
  expect(stdout).toContain(`  #1  client asks for the server ${server}\n`);
  expect(stdout).toMatch(/ {2}-> USER demo {10,}asked by the proxy\n/);
  expect(stdout).not.toContain('sesame');
});

test('fails with one line where another program listens', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void other.close());
  await new Promise((resolve) => other.once('listening', resolve));
  const address = other.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  expect(await runProgram(['proxy', 'ftp://127.0.0.1:1', '--listen', `${port}`])).toEqual({
    status: 1,
    stdout: '',
    stderr: `ftpscope: cannot listen on 127.0.0.1:${port}: address already in use; choose another with --listen, or port 0 for any that is free\n`,
  });
});

test('ends cleanly when the reader of its output goes away', async () => {
  const proxy = await startProxyProgram([]);
  proxy.process.stdout.destroy();
  await runDemoScript(proxy.client).catch(() => {});
  const { status, stderr } = await proxy.ended;
  expect({ status, trouble: stderr.includes('ftpscope:') }).toEqual({ status: 0, trouble: false });
});

describe('a disk that fills up', () => {
  // Files of a kilobyte at most: the header and a few observations fit.
  const limits = 'ulimit -f 1';

  test('under the transcript ends every session, and lets nothing go by unrecorded', async () => {
    const transcript = join(temporaryFolder(), 'session.ndjson');
    const proxy = await startProxyProgram(['-w', transcript], { limits });
    await expect(runDemoScript(proxy.client)).rejects.toThrow();
    await expect(runDemoScript(proxy.client)).rejects.toThrow();
    proxy.process.kill('SIGTERM');
    const { status, stdout, stderr } = await proxy.ended;
    expect(status).toBe(0);
    expect(stderr).toMatch(
      /^ftpscope: cannot write transcript .*session\.ndjson: file too large; sessions that cannot be recorded are ended/m,
    );
    const shown = stdout.split('\n').filter((line) => line.includes('  -> ')).length;
    const recorded = readFileSync(transcript, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('{"kind":"command"'));
    expect(shown).toBeLessThanOrEqual(recorded.length);
  });

  test('ends the program with status 1 where that was asked for', async () => {
    const transcript = join(temporaryFolder(), 'session.ndjson');
    const proxy = await startProxyProgram(['-w', transcript, '--on-recording-error', 'exit'], { limits });
    await expect(runDemoScript(proxy.client)).rejects.toThrow();
    const { status, stderr } = await proxy.ended;
    expect(status).toBe(1);
    expect(stderr.split('\n').filter((line) => line.startsWith('ftpscope:'))).toEqual([
      expect.stringMatching(/^ftpscope: cannot write transcript .*: file too large; all sessions are ended \(--on-rec/),
    ]);
  });

  test.runIf(hasSmallDisks)('and has room again: the transcript goes on, and says what is missing', async () => {
    const disk = mountSmallDisk(64);
    onTestFinished(() => disk.remove());
    const transcript = join(disk.folder, 'session.ndjson');
    const proxy = await startProxyProgram(['-w', transcript]);
    disk.fill();
    await expect(runDemoScript(proxy.client)).rejects.toThrow();
    await proxy.told(
      /^ftpscope: cannot write transcript .*: no space left on device; sessions that cannot be recorded/m,
    );
    const client = await connectPeer(proxy.client);
    expect(await client.readReply()).toMatch(/^421 .*record/);
    disk.empty();
    await runDemoScript(proxy.client);
    await proxy.told(
      /^ftpscope: recording goes on in .*session\.ndjson: \d+ observations of \d+ seconds? are missing/m,
    );
    proxy.process.kill('SIGTERM');
    expect((await proxy.ended).status).toBe(0);
    const { status, stdout, stderr } = await runProgram(['read', transcript]);
    expect(status).toBe(0);
    expect(stderr).toMatch(
      /line \d+: nothing was recorded for \d+ s before it, \d+ observations are missing: cannot write/,
    );
    expect(stdout).toMatch(/== RETR report\.pdf .* complete/);
  });

  test.runIf(hasSmallDisks)('from the start is no mistake of the command line', async () => {
    const disk = mountSmallDisk(16);
    onTestFinished(() => disk.remove());
    disk.fill();
    const argv = ['proxy', await upstreamUrl(), '--listen', '127.0.0.1:0', '-w', join(disk.folder, 'session.ndjson')];
    const { status, stderr } = await runProgram(argv);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^ftpscope: cannot (?:open|write) transcript .*: no space left on device\n$/);
  });

  test('under the payloads ends that session, and the client hears of no success', async () => {
    const payloads = join(temporaryFolder(), 'kept');
    const proxy = await startProxyProgram(['--payloads', payloads], { limits });
    await expect(runDemoScript(proxy.client)).rejects.toThrow();
    proxy.process.kill('SIGTERM');
    const { stdout } = await proxy.ended;
    expect(stdout).toMatch(/cannot keep payload in .*: file too large/);
    expect(stdout).not.toMatch(/== RETR report\.pdf .* complete/);
  });
});
