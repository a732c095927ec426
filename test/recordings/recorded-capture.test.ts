// Captures as recordings: the same words as a transcript, with payloads, packed or not, once or twice.
import { readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { LinkClosed, Observation } from '../../src/dialogue/observation.js';
import { openRecorded } from '../../src/recordings/open-recording.js';
import type { OpenRecordedOptions, Reading, RecordedFile } from '../../src/recordings/recorded-file.js';
import { RecordedFileError } from '../../src/recordings/recorded-file-error.js';
import { openPayloadFolder } from '../../src/transcript/payload-files.js';
import { SessionNumbers } from '../../src/transcript/session-numbers.js';
import { capturedDownloads } from '../capture/captured-session.js';
import { temporaryFolder } from '../transcript/temporary-folder.js';

const CAPTURE = capturedDownloads([
  { user: 'alice', name: 'a.txt', content: 'of alice' },
  { user: 'bob', name: 'b.txt', content: 'of bob' },
]);

async function opened(content: Buffer, options: OpenRecordedOptions = {}): Promise<RecordedFile> {
  const file = join(temporaryFolder(), 'session.pcap');
  writeFileSync(file, content);
  const recorded = await openRecorded(file, options);
  onTestFinished(() => recorded.close());
  return recorded;
}

async function all(recorded: RecordedFile, reading: Reading = {}): Promise<readonly Observation[]> {
  const observations: Observation[] = [];
  for await (const batch of recorded.observations(reading)) observations.push(...batch);
  return observations;
}

function transfers(observations: readonly Observation[]): readonly LinkClosed[] {
  return observations.filter((one) => one.kind === 'link-closed');
}

async function textOf(bytes: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function temporaryPayloads(): readonly string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith('ftpscope-payloads-'));
}

test.each([
  ['plain', CAPTURE],
  ['packed', gzipSync(CAPTURE)],
])('%s, it gives the same sessions however often it is read', async (_how, content) => {
  const recorded = await opened(content, { rereadable: true });
  expect(recorded.kind).toBe('capture');
  const first = await all(recorded);
  expect(first.filter(({ kind }) => kind === 'session-opened').map(({ session }) => session)).toEqual([1, 2]);
  expect(first).toContainEqual(expect.objectContaining({ kind: 'command', session: 2, line: 'RETR b.txt' }));
  expect(JSON.stringify(first)).not.toContain('secret');
  expect(await all(recorded)).toStrictEqual(first);
  expect(recorded.endsEarly).toBe(false);
});

test('only the kinds that are wanted, with passwords where they are', async () => {
  const recorded = await opened(CAPTURE, { showSecrets: true });
  const commands = await all(recorded, { kinds: new Set(['command']) });
  expect(new Set(commands.map(({ kind }) => kind))).toEqual(new Set(['command']));
  expect(commands).toContainEqual(expect.objectContaining({ line: 'PASS secret' }));
});

describe('the payloads of a capture', () => {
  test('are there once it was read, and gone when it is closed', async () => {
    const before = temporaryPayloads();
    const recorded = await opened(CAPTURE, { keepPayloads: true, rereadable: true });
    for (let times = 0; times < 2; times += 1) {
      const links = transfers(await all(recorded));
      expect(links.map(({ payload }) => payload)).toEqual(['0001-0001-RETR-a.txt', '0002-0001-RETR-b.txt']);
      for (const [index, { payload = '' }] of links.entries()) {
        expect(await textOf(recorded.payload(payload))).toBe(['of alice', 'of bob'][index]);
      }
    }
    expect(() => recorded.payload('../../etc/passwd')).toThrow(RecordedFileError);
    expect(() => recorded.payload('0009-0001')).toThrow(RecordedFileError);
    await recorded.close();
    expect(temporaryPayloads()).toEqual(before);
  });

  test('go where they are wanted, under the numbers that their sessions have among others', async () => {
    const folder = temporaryFolder();
    const numbers = new SessionNumbers();
    const payloads = openPayloadFolder(folder);
    await all(await opened(CAPTURE), { numbers, payloads });
    const second = await all(await opened(CAPTURE), { numbers, payloads });
    expect(new Set(second.map(({ session }) => session))).toEqual(new Set([3, 4]));
    expect(transfers(second).map(({ payload }) => payload)).toEqual(['0003-0001-RETR-a.txt', '0004-0001-RETR-b.txt']);
    expect(readdirSync(folder)).toHaveLength(4);
  });
});

describe('a capture with something amiss', () => {
  async function told(content: Buffer) {
    const notices: string[] = [];
    const recorded = await opened(content, { notice: (line) => notices.push(line) });
    return { observations: await all(recorded), notices, recorded };
  }

  test('cut in the middle of a record: what was whole, and where it ends', async () => {
    const { observations, notices, recorded } = await told(CAPTURE.subarray(0, CAPTURE.length - 10));
    expect(observations.filter(({ kind }) => kind === 'command')).toHaveLength(10);
    expect(notices).toEqual([expect.stringMatching(/^.*session\.pcap: the capture breaks off in record \d+/)]);
    expect(recorded.endsEarly).toBe(true);
  });

  test('with no FTP in it: what it holds', async () => {
    const { observations, notices, recorded } = await told(CAPTURE.subarray(0, 24));
    expect([observations, recorded.endsEarly]).toEqual([[], false]);
    expect(notices).toEqual([expect.stringContaining('session.pcap: no FTP in the capture')]);
  });

  test('that is none', async () => {
    const recorded = await opened(Buffer.from('hello, world, and more of it'));
    const failure = new RecordedFileError(
      'damaged',
      `${recorded.name}: this is neither a transcript (proxy -w) nor a capture (pcap, pcapng, snoop): it looks like text`,
    );
    await expect(all(recorded)).rejects.toEqual(failure);
  });
});
