// Sessions that the dashboard keeps, written to files.
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { KeptRecording, replayed, writeCapture, writeTranscript } from '../../../src/cli/recordings/kept-sessions.js';
import { ObservedSession } from '../../dashboard/session.js';
import { temporaryFolder } from '../../transcript/temporary-folder.js';

const two = [1, 2].flatMap((number) => new ObservedSession(number).login().closed().observations);

test('a transcript counts its sessions, and names the folder of the payloads as seen from it', () => {
  const folder = temporaryFolder();
  const file = join(folder, 'saved.ndjson');
  expect(writeTranscript(two, file, join(folder, 'kept'))).toBe(`2 sessions written to ${file}`);
  const [header = '', ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n');
  expect([JSON.parse(header).payloads, lines.length]).toEqual(['kept', two.length]);
});

describe.each([
  ['a transcript', async (file: string) => writeTranscript(two, file, undefined)],
  ['a capture', (file: string) => writeCapture(new KeptRecording(two, undefined), file)],
] as const)('%s', (_name, write) => {
  test('is written for its owner alone', async () => {
    const file = join(temporaryFolder(), 'saved');
    expect(await write(file)).toBe(`2 sessions written to ${file}`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('leaves alone what is there already', async () => {
    const file = join(temporaryFolder(), 'saved');
    writeFileSync(file, '{"ftpscope":1}\n');
    expect(await write(file)).toBe(`${file} exists: choose another file`);
    expect(readFileSync(file, 'utf8')).toBe('{"ftpscope":1}\n');
  });

  test('says so when its name is too long', async () => {
    expect(await write(join(temporaryFolder(), 'x'.repeat(400)))).toMatch(/^cannot .*: .*name.* too long$/);
  });

  test('says why it cannot be written', async () => {
    const file = join(temporaryFolder(), 'nowhere', 'saved');
    expect(await write(file)).toMatch(/^cannot .*nowhere.saved: no such file or directory$/);
  });
});

test('a password that is masked is asked for in the words of the dashboard', async () => {
  const server = { address: '127.0.0.1', port: 9, implicitTls: false };
  const kept = new KeptRecording(new ObservedSession().login().says('PWD', '257 "/"').closed().observations, undefined);
  expect(await replayed(kept, server, null, new Promise(() => {}))).toEqual([
    'session 1: its password is masked in the recording; give it behind the command: :replay PASSWORD',
  ]);
});
