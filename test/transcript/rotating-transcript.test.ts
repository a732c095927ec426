// Transcripts that go on from file to file: named by the time, numbered, complete, and private each.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Observation } from '../../src/dialogue/observation.js';
import { RecordingError } from '../../src/dialogue/recording-error.js';
import type { Unrecorded } from '../../src/transcript/ndjson.js';
import { readTranscript } from '../../src/transcript/read-transcript.js';
import { RotatingTranscript, type RotatingTranscriptOptions } from '../../src/transcript/rotating-transcript.js';
import { SessionNumbers } from '../../src/transcript/session-numbers.js';
import { nameAt, nextNumber, numberedName, unknownTimeField } from '../../src/transcript/transcript-names.js';
import { hasSmallDisks, mountSmallDisk } from '../support/small-disk.js';
import { command } from './observations.js';
import { temporaryFolder } from './temporary-folder.js';

const posixTest = test.skipIf(process.platform === 'win32');

const SECOND = 1000;
const HOUR = 3600 * SECOND;
/** Names are of the local time. */
const START = new Date(2025, 10, 22, 12, 30).getTime();

function rotating(options: Partial<RotatingTranscriptOptions> = {}, folder = temporaryFolder()) {
  const clock = { at: START };
  const transcript = new RotatingTranscript({
    pattern: join(folder, 'ftp.ndjson'),
    header: (_file, at) => ({ version: '0.1.0', at, run: 'this one' }),
    now: () => clock.at,
    ...options,
    ...(options.pattern === undefined ? {} : { pattern: join(folder, options.pattern) }),
  });
  onTestFinished(() => transcript.close());
  let number = 0;
  const write = (afterMs = 0) => {
    clock.at += afterMs;
    number += 1;
    transcript.write(command(`NOOP ${number}`, number));
  };
  return { folder, transcript, write, clock, files: () => readdirSync(folder).sort() };
}

function numbersIn(folder: string, file: string): readonly number[] {
  const lines = readFileSync(join(folder, file), 'utf8').trim().split('\n').slice(1);
  return lines.map((line) => JSON.parse(line).number);
}

describe('named by the time', () => {
  test('a new file begins when the name changes, each with a header and private', () => {
    const { folder, write, files } = rotating({ pattern: 'ftp-%Y%m%d-%H.ndjson' });
    for (const afterMs of [0, 29 * 60 * SECOND, 60 * SECOND, 0, 24 * HOUR]) write(afterMs);
    expect(files()).toEqual(['ftp-20251122-12.ndjson', 'ftp-20251122-13.ndjson', 'ftp-20251123-13.ndjson']);
    expect(files().map((file) => numbersIn(folder, file))).toEqual([[1, 2], [3, 4], [5]]);
    for (const file of files()) {
      expect(readFileSync(join(folder, file), 'utf8')).toMatch(
        /^\{"ftpscope":1,"version":"0.1.0","at":\d+,"run":"this one"\}\n/,
      );
      if (process.platform !== 'win32') expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
    }
  });

  test('a file that is there is appended to, also when the clock is put back', () => {
    const { folder, write, clock, files } = rotating({ pattern: '%H.ndjson' });
    write();
    write(HOUR);
    clock.at -= HOUR;
    write();
    expect(files()).toEqual(['12.ndjson', '13.ndjson']);
    expect(readFileSync(join(folder, '12.ndjson'), 'utf8').match(/"ftpscope"|"number":\d/g)).toEqual([
      '"ftpscope"',
      '"number":1',
      '"ftpscope"',
      '"number":3',
    ]);
  });

  test('without any time in its name there is one file', () => {
    const { write, files } = rotating();
    for (let day = 0; day < 3; day += 1) write(24 * HOUR);
    expect(files()).toEqual(['ftp.ndjson']);
  });
});

describe('numbered', () => {
  test('by size: a file that is big enough gets no more', () => {
    const { folder, write, files } = rotating({ maxBytes: 300 });
    for (let count = 0; count < 9; count += 1) write();
    expect(files()).toEqual(['ftp.0001.ndjson', 'ftp.0002.ndjson', 'ftp.0003.ndjson']);
    expect(files().flatMap((file) => numbersIn(folder, file))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (const file of files().slice(0, -1)) expect(statSync(join(folder, file)).size).toBeGreaterThanOrEqual(300);
  });

  test('by age', () => {
    const { folder, write, files } = rotating({ maxAgeMs: HOUR });
    for (const afterMs of [0, HOUR - 1, 1, HOUR]) write(afterMs);
    expect(files().map((file) => numbersIn(folder, file))).toEqual([[1, 2], [3], [4]]);
  });

  test('by both, with the time in the name', () => {
    const { write, files } = rotating({ pattern: '%d.ndjson', maxBytes: 200, maxAgeMs: HOUR });
    for (const afterMs of [0, 0, 0, HOUR, 24 * HOUR]) write(afterMs);
    expect(files()).toEqual(['22.0001.ndjson', '22.0002.ndjson', '22.0003.ndjson', '23.0001.ndjson']);
  });

  test('what earlier runs left is neither overwritten nor appended to', () => {
    const folder = temporaryFolder();
    for (const name of ['ftp.0007.ndjson', 'ftp.0002.ndjson', 'ftp.x.ndjson'])
      writeFileSync(join(folder, name), 'mine');
    const { transcript } = rotating({ maxBytes: 300 }, folder);
    expect(basename(transcript.file)).toBe('ftp.0008.ndjson');
    expect(readFileSync(join(folder, 'ftp.0007.ndjson'), 'utf8')).toBe('mine');
  });

  test('files read together are the one transcript that they are', async () => {
    const { folder, transcript, files } = rotating({ maxBytes: 500 });
    const written: Observation[] = Array.from({ length: 30 }, (_, index) => ({
      ...command('NOOP', index + 1),
      session: 1 + (index % 4),
    }));
    for (const observation of written) transcript.write(observation);
    const numbers = new SessionNumbers();
    const read: Observation[] = [];
    expect(files().length).toBeGreaterThan(3);
    for (const file of files()) {
      const bytes = readFileSync(join(folder, file));
      const one = async function* () {
        yield bytes;
      };
      for await (const batch of readTranscript(one(), { numbers })) read.push(...batch);
    }
    expect(read).toStrictEqual(written);
  });
});

describe('a next file that cannot be begun', () => {
  test('is told for this observation and for all that follow', () => {
    const { folder, write, transcript } = rotating({ pattern: '%H.ndjson' });
    write();
    mkdirSync(join(folder, '13.ndjson'));
    const error = new RecordingError(
      `cannot open transcript ${join(folder, '13.ndjson')}: it is a folder`,
      join(folder, '13.ndjson'),
      'EISDIR',
    );
    expect(() => write(HOUR)).toThrow(error);
    expect(() => write(HOUR)).toThrow(error);
    transcript.close();
    expect(numbersIn(folder, '12.ndjson')).toEqual([1]);
  });

  test('in a folder that is not there', () => {
    for (const maxBytes of [undefined, 300]) {
      const options = maxBytes === undefined ? {} : { maxBytes };
      expect(() => rotating({ ...options, pattern: 'missing/ftp.ndjson' })).toThrow(
        /^cannot open transcript .*no such file/,
      );
    }
  });
});

describe('one that could not be written for a time, and goes on', () => {
  test('behind a header that says what is missing, and reports it', async () => {
    const resumptions: [string, Unrecorded][] = [];
    const { folder, write, clock } = rotating({
      pattern: '%H.ndjson',
      resumed: (file, unrecorded) => resumptions.push([file, unrecorded]),
    });
    write();
    const file = join(folder, '13.ndjson');
    mkdirSync(file);
    expect(() => write(HOUR)).toThrow(/^cannot open transcript .*13\.ndjson: it is a folder/);
    expect(() => write(SECOND)).toThrow(RecordingError);
    rmdirSync(file);
    write(SECOND);
    write();
    const reason = `cannot open transcript ${file}: it is a folder`;
    expect(resumptions).toEqual([[file, { from: clock.at - 2 * SECOND, observations: 2, reason }]]);
    expect(numbersIn(folder, '13.ndjson')).toEqual([4, 5]);
    const { read, notices } = await readBack(folder, '13.ndjson');
    expect(read).toEqual([4, 5]);
    expect(notices).toEqual([`line 1: nothing was recorded for 2 s before it, 2 observations are missing: ${reason}`]);
  });

  test.runIf(hasSmallDisks)('on a full disk: no half line, no empty files', async () => {
    const disk = mountSmallDisk(16);
    onTestFinished(() => disk.remove());
    for (const maxBytes of [undefined, 1000]) {
      const resumptions: string[] = [];
      const { folder, write, files, transcript } = rotating(
        { ...(maxBytes === undefined ? {} : { maxBytes }), resumed: (file) => resumptions.push(basename(file)) },
        mkdtempSync(join(disk.folder, 'kept-')),
      );
      write();
      disk.fill();
      const failing = () => expect(() => write()).toThrow(/no space left on device/);
      let lines = 1;
      for (; lines < 100; lines += 1) {
        try {
          write();
        } catch (error) {
          expect(String(error)).toMatch(/no space left on device/);
          break;
        }
      }
      failing();
      failing();
      disk.empty();
      write();
      const read: number[] = [];
      for (const file of files()) read.push(...(await readBack(folder, file)).read);
      expect(read).toEqual([...Array.from({ length: lines }, (_, index) => index + 1), lines + 4]);
      expect(resumptions).toHaveLength(1);
      expect(transcript.files.map((file) => basename(file))).toEqual(files());
    }
  });

  posixTest('in a new file where somebody removed it, and loses no line that comes then', () => {
    const resumptions: Unrecorded[] = [];
    const { folder, write } = rotating({ resumed: (_file, unrecorded) => resumptions.push(unrecorded) });
    write();
    rmSync(join(folder, 'ftp.ndjson'));
    write(SECOND);
    expect(numbersIn(folder, 'ftp.ndjson')).toEqual([2]);
    expect(resumptions).toMatchObject([{ observations: 0, reason: expect.stringMatching(/ftp\.ndjson was removed/) }]);
  });

  posixTest('one that was removed is a failure where it is not to go on', () => {
    const { folder, write } = rotating();
    write();
    rmSync(join(folder, 'ftp.ndjson'));
    expect(() => write(SECOND)).toThrow(/^transcript .*ftp\.ndjson was removed/);
    expect(() => write(SECOND)).toThrow(RecordingError);
  });
});

/** The commands' numbers in a file, and what is said of it. */
async function readBack(folder: string, file: string) {
  const bytes = readFileSync(join(folder, file));
  const notices: string[] = [];
  const read: number[] = [];
  const one = async function* () {
    yield bytes;
  };
  for await (const batch of readTranscript(one(), { notice: (line) => notices.push(line) })) {
    for (const observation of batch) if (observation.kind === 'command') read.push(observation.number);
  }
  return { read, notices };
}

describe('names', () => {
  test.each([
    ['plain.ndjson', 'plain.ndjson'],
    ['%Y-%m-%dT%H.%M.%S', '2025-11-22T12.30.05'],
    ['100%%', '100%'],
    ['%%Y', '%Y'],
  ])('%s is %s', (pattern, name) => {
    expect(nameAt(pattern, START + 5 * SECOND)).toBe(name);
  });

  test.each([
    ['%Y%m%d', null],
    ['%y', '%y'],
    ['100%', '%'],
    ['%%%q', '%q'],
  ])('in %s stands for nothing: %s', (pattern, field) => {
    expect(unknownTimeField(pattern)).toBe(field);
  });

  test.each([
    ['ftp.ndjson', 'ftp.0012.ndjson'],
    ['ftp', 'ftp.0012'],
    ['/var/log.d/ftp', '/var/log.d/ftp.0012'],
  ])('%s, numbered', (name, numbered) => {
    expect(numberedName(name, 12)).toBe(numbered);
  });

  test('numbers go on behind the highest', () => {
    expect(nextNumber('a.ndjson', [])).toBe(1);
    expect(nextNumber('a.ndjson', ['a.0003.ndjson', 'a.10000.ndjson', 'a.1.ndjson', 'b.99999.ndjson', 'a.0004'])).toBe(
      10001,
    );
  });
});
