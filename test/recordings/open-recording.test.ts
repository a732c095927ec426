// Recordings as they lie about: packed or not, in files, on stdin and in pipes, with their payloads or without.
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Observation } from '../../src/dialogue/observation.js';
import { openRecorded } from '../../src/recordings/open-recording.js';
import type { OpenRecordedOptions, RecordedFile } from '../../src/recordings/recorded-file.js';
import { RecordedFileError } from '../../src/recordings/recorded-file-error.js';
import { observationLines, type TranscriptHeader } from '../../src/transcript/ndjson.js';
import { command, NOON } from '../transcript/observations.js';
import { temporaryFolder } from '../transcript/temporary-folder.js';

const HEADER: TranscriptHeader = { version: '0.1.0', at: NOON };
const OBSERVATIONS = Array.from({ length: 500 }, (_, index) => command(`NOOP ${index}`, index + 1));
/** In POSIX; Node has no call for it. */
const MAKE_PIPE = 'mkfifo';
/** No user has this number. */
const ANYBODY = 54_321;

const posixTest = test.skipIf(process.platform === 'win32');

function transcriptText(header: TranscriptHeader = HEADER): string {
  let text = '';
  const lines = observationLines({ write: (line: string) => (text += line) });
  lines.header(header);
  for (const observation of OBSERVATIONS) lines.observation(observation);
  return text;
}

function fileWith(content: string | Buffer, name = 'session.ndjson'): string {
  const file = join(temporaryFolder(), name);
  writeFileSync(file, content);
  return file;
}

async function opened(path: string, options: OpenRecordedOptions = {}): Promise<RecordedFile> {
  const recorded = await openRecorded(path, options);
  onTestFinished(() => recorded.close());
  return recorded;
}

async function all(recorded: RecordedFile): Promise<readonly Observation[]> {
  const observations: Observation[] = [];
  for await (const batch of recorded.observations()) observations.push(...batch);
  return observations;
}

async function failureOf(act: () => unknown): Promise<{ readonly fault?: string; readonly message?: string }> {
  try {
    await act();
  } catch (error) {
    if (error instanceof RecordedFileError) return { fault: error.fault, message: error.message };
    throw error;
  }
  return {};
}

/** A stream that gives its content in small pieces, once. */
async function* streamOf(content: string | Buffer, pieceBytes = 100): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(content);
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

function leftAside(): readonly string[] {
  return readdirSync(tmpdir()).filter((name) => /^ftpscope-[0-9a-f]{8}-[0-9a-f]{4}-/.test(name));
}

const before = leftAside();
afterEach(() => expect(leftAside()).toEqual(before));

describe('a transcript', () => {
  test.each([
    ['plain', transcriptText()],
    ['packed', gzipSync(transcriptText())],
    [
      'packed in several parts',
      Buffer.concat([gzipSync(transcriptText().slice(0, 999)), gzipSync(transcriptText().slice(999))]),
    ],
  ])('%s, from a file or from stdin, once or twice', async (_how, content) => {
    const file = await opened(fileWith(content));
    const stream = await opened('-', { stdin: streamOf(content) });
    const aside = await opened('-', { stdin: streamOf(content), rereadable: true });
    for (const recorded of [file, file, stream, aside, aside]) {
      expect(recorded.kind).toBe('transcript');
      expect(await all(recorded)).toStrictEqual(OBSERVATIONS);
    }
    expect(file.size).toBe(content.length);
    expect([file.name, stream.name].map((name) => name.replace(/.*[/\\]/, ''))).toEqual(['session.ndjson', 'stdin']);
  });

  posixTest('from a named pipe, once or twice', async () => {
    for (const rereadable of [false, true]) {
      const pipe = join(temporaryFolder(), 'pipe');
      execFileSync(MAKE_PIPE, [pipe]);
      const source = fileWith(transcriptText());
      const writer = spawn('sh', ['-c', 'cat "$0" > "$1"', source, pipe]);
      onTestFinished(() => void writer.kill());
      const recorded = await opened(pipe, { rereadable });
      expect(await all(recorded)).toStrictEqual(OBSERVATIONS);
      if (rereadable) expect(await all(recorded)).toStrictEqual(OBSERVATIONS);
    }
  });

  test('that is packed and was cut gives what was whole, then says so', async () => {
    const packed = gzipSync(transcriptText(), { level: 1 });
    const given: Observation[] = [];
    const recorded = await opened(fileWith(packed.subarray(0, packed.length - 200)));
    const reading = async () => {
      for await (const batch of recorded.observations()) {
        given.push(...batch);
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const { fault, message } = await failureOf(reading);
    expect(fault).toBe('damaged');
    expect(message).toMatch(/session\.ndjson: the gzip file is cut$/);
    expect(given.length).toBeGreaterThan(400);
    expect(given).toStrictEqual(OBSERVATIONS.slice(0, given.length));
  });

  test('whose gzip data is damaged says so', async () => {
    const packed = gzipSync(transcriptText());
    packed.writeUInt32LE(0xbad, packed.length - 8);
    const recorded = await opened(fileWith(packed));
    expect(await failureOf(() => all(recorded))).toMatchObject({
      fault: 'damaged',
      message: expect.stringMatching(/session\.ndjson: the gzip file is damaged: incorrect data check$/),
    });
  });

  test('is let go of in the middle', async () => {
    const recorded = await opened(fileWith(gzipSync(transcriptText())));
    for await (const batch of recorded.observations()) {
      expect(batch[0]).toStrictEqual(OBSERVATIONS[0]);
      break;
    }
    expect(await all(recorded)).toStrictEqual(OBSERVATIONS);
  });

  test('tells what is amiss with the name of its file, and how far it is', async () => {
    const notices: string[] = [];
    let bytes = 0;
    const text = transcriptText().slice(0, -3);
    const file = fileWith(text);
    const count = (more: number) => {
      bytes += more;
    };
    await all(await opened(file, { notice: (line) => notices.push(line), onBytes: count }));
    expect(notices).toEqual([`${file}: line 501 ends in the middle: its writer was cut off there`]);
    expect(bytes).toBe(text.length);
  });
});

describe('the payloads of a transcript', () => {
  const NAME = '0001-0001-RETR-report.pdf';

  async function payloadText(recorded: RecordedFile, name = NAME): Promise<string> {
    const chunks: Buffer[] = [];
    for await (const chunk of recorded.payload(name)) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  }

  test.each([
    ['beside it', {}, '.', {}],
    ['where its header says', { payloads: 'kept' }, 'kept', {}],
    ['beside it, although its header says otherwise', { payloads: 'gone' }, '.', {}],
  ])('are found %s', async (_where, header, folder, options) => {
    const file = fileWith(transcriptText({ ...HEADER, ...header }));
    mkdirSync(join(file, '..', folder), { recursive: true });
    writeFileSync(join(file, '..', folder, NAME), 'the payload');
    const recorded = await opened(file, options);
    await all(recorded);
    expect(await payloadText(recorded)).toBe('the payload');
  });

  test('are found where they are said to be, and nowhere else then', async () => {
    const elsewhere = temporaryFolder();
    const file = fileWith(transcriptText());
    writeFileSync(join(file, '..', NAME), 'another');
    const recorded = await opened(file, { payloadFolder: elsewhere });
    const message = `payload ${NAME} of ${file} is missing, and not in ${elsewhere}: say with --payloads where it is`;
    expect(await failureOf(() => recorded.payload(NAME))).toEqual({ fault: 'payload', message });
    writeFileSync(join(elsewhere, NAME), 'the payload');
    expect(await payloadText(recorded)).toBe('the payload');
  });

  test('are no other files, whatever a transcript says', async () => {
    const file = fileWith(transcriptText());
    const recorded = await opened(file);
    for (const name of ['../secret', '/etc/passwd', 'session.ndjson']) {
      expect((await failureOf(() => recorded.payload(name))).message).toContain('which is no name of a payload');
    }
  });
});

describe('what cannot be read', () => {
  test.each([
    [
      'a file that is not there',
      () => join(temporaryFolder(), 'gone'),
      /^cannot read .*gone: no such file or directory$/,
    ],
    ['a folder', () => temporaryFolder(), /^cannot read .*: it is a folder$/],
  ])('%s', async (_what, path, message) => {
    const failure = await failureOf(() => openRecorded(path()));
    expect(failure).toEqual({ fault: 'unreadable', message: expect.stringMatching(message) });
  });

  posixTest('a file of somebody else', async () => {
    const file = fileWith(transcriptText());
    chmodSync(file, 0);
    // The superuser reads everything; anybody else does not.
    if (process.geteuid?.() === 0) {
      process.seteuid?.(ANYBODY);
      onTestFinished(() => process.seteuid?.(0));
    }
    expect((await failureOf(() => openRecorded(file))).message).toBe(`cannot read ${file}: permission denied`);
  });

  test('an empty file', async () => {
    const file = fileWith('');
    const message = `${file} is empty: there is nothing to read`;
    expect(await failureOf(() => openRecorded(file))).toEqual({ fault: 'unknown', message });
  });

  test('a transcript of a newer version, with the name of the file', async () => {
    const file = fileWith('{"ftpscope":7,"version":"9.0.0","at":1}\n');
    const { fault, message } = await failureOf(async () => all(await opened(file)));
    expect(fault).toBe('damaged');
    expect(message).toMatch(
      /session\.ndjson: line 1 begins a transcript of version 7 .* reads version 1: use a newer one$/,
    );
  });
});
