// The help as people read it: in groups, as wide as their terminal, with examples that work.
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { examplesText, helpPage, wrappedWords } from '../../src/cli/options/help-page.js';
import { startSampleServer } from '../../src/demo/sample-server.js';
import { formatEndpoint } from '../../src/protocol/endpoint.js';
import { runHere } from './in-process.js';
import { BIN } from './program.js';

const COMMANDS = ['proxy', 'read', 'check', 'explain', 'export', 'demo', 'replay', 'attach', 'ca', 'rules'];

async function help(...argv: string[]): Promise<string> {
  const { status, stdout } = await runHere(argv);
  expect(status).toBe(0);
  return stdout;
}

const headings = (text: string) => text.match(/^\S.*:$/gm) ?? [];

describe('groups', () => {
  test('the common options of proxy come first and alone; --help-all has the rest', async () => {
    const common = await help('proxy', '--help');
    expect(headings(common)).toEqual(['Arguments:', 'Options:', 'Examples:']);
    expect(common).toMatch(/--help-all {2,}all options, \d+ more: .*TLS/s);
    expect(common).not.toContain('--idle-timeout');
    const all = await help('proxy', '--help-all');
    expect(headings(all).slice(0, 4)).toEqual([
      'Arguments:',
      'Options:',
      'Servers that clients name:',
      'Transparent mode (Linux):',
    ]);
    expect(all).toContain('--idle-timeout');
  });

  test.each(COMMANDS)('every option of %s has a group', async (command) => {
    expect(headings(await help(command, '--help-all'))).not.toContain('More options:');
  });

  test.each(COMMANDS)('%s takes -q and -v, together', async (command) => {
    const text = await help(command, '--help-all');
    expect(text).toMatch(/^ {2}-q, --quiet .*\n(?: .*\n)*? {2}-v, --verbose /m);
    const { stderr } = await runHere([command, '-q', '-v', '--nope']);
    expect(stderr).not.toContain('cannot be used with');
  });

  test('a name behind help is that of a command', async () => {
    expect(await help('help', 'read')).toBe(await help('read', '--help'));
  });
});

describe('width', () => {
  test.each(COMMANDS)('the help of %s is 80 columns wide in a pipe', async (command) => {
    const text = await help(command, '--help-all');
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  test.each([
    [80, '  --to <server>  where it goes, and where else'],
    [40, '  --to <server>\n      where it goes, and where else'],
  ])('at %s columns', (columns, expected) => {
    const isTTY = Object.getOwnPropertyDescriptor(process.stdout, 'columns');
    Object.defineProperty(process.stdout, 'columns', { value: columns, configurable: true });
    const page = helpPage(false);
    const item = page.formatItem?.('--to <server>', 13, 'where it goes, and where else', Object.create(null));
    if (isTTY === undefined) Reflect.deleteProperty(process.stdout, 'columns');
    else Object.defineProperty(process.stdout, 'columns', isTTY);
    expect(item).toBe(expected);
  });

  test('an example is one command, broken where a shell goes on', () => {
    const text = examplesText([["a b --flag value 'in  quotes' | c", 'what it does']], 24);
    expect(text).toBe("\nExamples:\n  # what it does\n  a b --flag value \\\n      'in  quotes' | c");
  });

  test('a word that is too long stands alone', () => {
    expect(wrappedWords('a loooooooong word', 6)).toEqual(['a', 'loooooooong', 'word']);
  });
});

/** The commands below `Examples:`, each on one line. */
function examplesOf(text: string): string[] {
  const [, below = ''] = text.split('\nExamples:\n');
  const [section = ''] = below.split('\n\n');
  return section
    .replaceAll(/ \\\n +/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

describe('every example runs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ftpscope-examples-'));
  let server: Awaited<ReturnType<typeof startSampleServer>>;
  /** For what is not to be run here: takes its input and does nothing. */
  const STAND_INS = ['wireshark', 'jq', 'sudo'];

  beforeAll(async () => {
    server = await startSampleServer();
    for (const name of STAND_INS) standIn(name, 'cat >/dev/null');
    standIn('tcpdump', 'cat capture.pcapng');
    await shell(`${call} demo --plain -w session.ndjson && cp session.ndjson big.ndjson && echo sesame > secret.txt`);
    await shell(`${call} export session.ndjson --pcapng capture.pcapng && cp capture.pcapng capture.pcap`);
    await shell('gzip -c capture.pcapng > capture.pcapng.gz');
  });
  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const call = `"${process.execPath}" "${BIN}"`;

  function standIn(name: string, script: string): void {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }

  /** Ends by itself, or is ended once it listens; `said` is what came on stderr. */
  function shell(
    command: string,
  ): Promise<{ readonly status: number | null; readonly said: string; readonly listened: boolean }> {
    const env = { ...process.env, PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}`, XDG_DATA_HOME: folder };
    const child = spawn('bash', ['-c', command], {
      cwd: folder,
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    });
    let said = '';
    let listened = false;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (
        listened ||
        child.pid === undefined ||
        !/^listening on /m.test(said) ||
        !/demo --stay|proxy |--serve/.test(command)
      )
        return;
      listened = true;
      process.kill(-child.pid, 'SIGTERM');
    });
    return new Promise((resolve) => child.once('close', (status) => resolve({ status, said, listened })));
  }

  /** With servers and ports of this machine in place of the example's. */
  function here(example: string): string {
    return example
      .replace(/\bnode \S*ftpscope\.js/g, call)
      .replace(/ftps?:\/\/[\w.]+(:\d+)?/g, `ftp://${formatEndpoint(server.address)}`)
      .replace(/(--listen|--serve) (\S*:)\d+/g, '$1 $20')
      .replace(/ &$/, '');
  }

  test.each(COMMANDS)('of %s', { timeout: 60_000 }, async (command) => {
    const examples = examplesOf(await help(command, '--help'));
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) {
      // Needs the proxy of the example before it, which test/net/admin-socket.test.ts has.
      if (/ attach /.test(example)) continue;
      const runnable = command === 'rules' ? here(example).replaceAll(':0', ':2121') : here(example);
      const { status, said, listened } = await shell(runnable);
      expect(said.includes(' see ') || /is invalid/.test(said) ? said : 'understood').toBe('understood');
      expect({ example, ok: listened || [0, 1].includes(status ?? 2) }).toEqual({ example, ok: true });
    }
  });
});
