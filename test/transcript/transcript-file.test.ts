// Transcripts on real disks: private, appended to, and loud when nothing more can be written.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { RecordingError } from '../../src/dialogue/recording-error.js';
import { openTranscript } from '../../src/transcript/transcript-file.js';
import { runWithFileSizeLimit, sourceOf } from './file-size-limit.js';
import { NOON, observed } from './observations.js';
import { temporaryFolder } from './temporary-folder.js';

const HEADER = { version: '0.1.0', at: NOON };
const HEADER_LINE = `{"ftpscope":1,"version":"0.1.0","at":${NOON}}\n`;
/** In POSIX; Node has no call for it. */
const MAKE_PIPE = 'mkfifo';
const posixTest = test.skipIf(process.platform === 'win32');

function modeOf(file: string): number {
  return statSync(file).mode & 0o777;
}

function failureOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return null;
}

describe('a new transcript', () => {
  test('has the header, then one line an observation, on the disk at once', () => {
    const file = join(temporaryFolder(), 'session.ndjson');
    const transcript = openTranscript(file, HEADER);
    expect(readFileSync(file, 'utf8')).toBe(HEADER_LINE);
    transcript.write(observed('command', { line: 'NOOP' }));
    const lines = readFileSync(file, 'utf8').split('\n');
    expect(lines).toHaveLength(3);
    expect(JSON.parse(lines[1] ?? '')).toEqual(observed('command', { line: 'NOOP' }));
    transcript.close();
  });

  test('keeps the bytes of the wire', () => {
    const file = join(temporaryFolder(), 'session.ndjson');
    const transcript = openTranscript(file, HEADER);
    transcript.write(observed('command', { line: 'RETR b\xc3\xbc\xff\0', lineUtf8: 'RETR b\u00fc' }));
    transcript.close();
    const line = readFileSync(file, 'utf8').split('\n')[1] ?? '';
    expect(JSON.parse(line)).toMatchObject({ line: 'RETR b\xc3\xbc\xff\0', lineUtf8: 'RETR b\u00fc' });
  });

  test('takes a line of megabytes', () => {
    const file = join(temporaryFolder(), 'session.ndjson');
    const transcript = openTranscript(file, HEADER);
    transcript.write(observed('noise', { line: 'x'.repeat(3_000_000) }));
    expect(statSync(file).size).toBeGreaterThan(3_000_000);
    transcript.close();
  });
});

describe('the mode of the file', () => {
  let umask = 0;
  beforeEach(() => {
    umask = process.umask(0);
  });
  afterEach(() => {
    process.umask(umask);
  });

  posixTest('is 0600 for a new file, however lax the umask', () => {
    const file = join(temporaryFolder(), 'session.ndjson');
    openTranscript(file, HEADER).close();
    expect(modeOf(file)).toBe(0o600);
  });

  posixTest('is tightened to 0600 where the file exists', () => {
    const file = join(temporaryFolder(), 'session.ndjson');
    writeFileSync(file, HEADER_LINE, { mode: 0o666 });
    openTranscript(file, HEADER).close();
    expect(modeOf(file)).toBe(0o600);
  });

  posixTest('stays as it is for a device', () => {
    const before = modeOf('/dev/null');
    openTranscript('/dev/null', HEADER).close();
    expect(modeOf('/dev/null')).toBe(before);
  });
});

describe('a transcript that exists', () => {
  test('is appended to, behind a header of its own', () => {
    const file = join(temporaryFolder(), 'session.ndjson');
    openTranscript(file, HEADER).close();
    openTranscript(file, HEADER).close();
    expect(readFileSync(file, 'utf8')).toBe(HEADER_LINE + HEADER_LINE);
  });

  test('that ends in the middle of a line gets its header on a new line', () => {
    const file = join(temporaryFolder(), 'session.ndjson');
    writeFileSync(file, `${HEADER_LINE}{"kind":"comm`);
    openTranscript(file, HEADER).close();
    expect(readFileSync(file, 'utf8')).toBe(`${HEADER_LINE}{"kind":"comm\n${HEADER_LINE}`);
  });

  test('may be empty', () => {
    const file = join(temporaryFolder(), 'session.ndjson');
    writeFileSync(file, '');
    openTranscript(file, HEADER).close();
    expect(readFileSync(file, 'utf8')).toBe(HEADER_LINE);
  });

  test('and is none is left alone', () => {
    const file = join(temporaryFolder(), 'thesis.tex');
    writeFileSync(file, 'years of work', { mode: 0o644 });
    const mode = modeOf(file);
    expect(failureOf(() => openTranscript(file, HEADER))).toEqual(
      new RecordingError(`${file} exists and is not a transcript of ftpscope: choose another file`, file),
    );
    expect(readFileSync(file, 'utf8')).toBe('years of work');
    expect(modeOf(file)).toBe(mode);
  });
});

describe('a transcript that cannot be opened', () => {
  test('in a folder that is not there', () => {
    const file = join(temporaryFolder(), 'missing', 'session.ndjson');
    expect(failureOf(() => openTranscript(file, HEADER))).toEqual(
      new RecordingError(`cannot open transcript ${file}: no such file or directory`, file, 'ENOENT'),
    );
  });

  test('because it is a folder', () => {
    const folder = temporaryFolder();
    expect(failureOf(() => openTranscript(folder, HEADER))).toBeInstanceOf(RecordingError);
  });

  test.skipIf(!existsSync('/dev/full'))('because the disk takes no header', () => {
    expect(failureOf(() => openTranscript('/dev/full', HEADER))).toEqual(
      new RecordingError('cannot write transcript /dev/full: no space left on device', '/dev/full', 'ENOSPC'),
    );
  });
});

describe('a transcript that can no longer be written', () => {
  posixTest('throws for this line and for all that follow', async () => {
    const fifo = join(temporaryFolder(), 'fifo');
    execFileSync(MAKE_PIPE, [fifo]);
    const reader = spawnReader(fifo);
    const transcript = openTranscript(fifo, HEADER);
    await reader.gone;
    const error = new RecordingError(`cannot write transcript ${fifo}: broken pipe`, fifo, 'EPIPE');
    for (const line of ['NOOP', 'QUIT']) {
      expect(failureOf(() => transcript.write(observed('command', { line })))).toEqual(error);
    }
    transcript.close();
  });

  posixTest('for the size of the file says so', () => {
    const file = join(temporaryFolder(), 'session.ndjson');
    const heard = runWithFileSizeLimit(`
      const { openTranscript } = await import(${sourceOf('transcript-file')});
      const transcript = openTranscript(${JSON.stringify(file)}, { version: '1', at: 0 });
      const observation = { kind: 'noise', session: 1, at: 0, from: 'client', what: 'line', line: 'x'.repeat(100) };
      for (let n = 0; heard.length < 4; n += 1) {
        try { transcript.write(observation); } catch (error) { heard.push(n, String(error)); }
      }
      transcript.close();
    `);
    const [first, told, second, toldAgain] = heard;
    expect(second).toBe(Number(first) + 1);
    expect(told).toBe(`RecordingError: cannot write transcript ${file}: file too large`);
    expect(toldAgain).toBe(told);
    expect(readFileSync(file, 'utf8').startsWith('{"ftpscope":1,')).toBe(true);
  });
});

/** A process that reads the first line of a pipe, and is gone. */
function spawnReader(fifo: string): { readonly gone: Promise<void> } {
  const child = spawn('head', ['-n', '1', fifo], { stdio: 'ignore' });
  onTestFinished(() => void child.kill());
  return { gone: new Promise((resolve) => child.once('exit', () => resolve())) };
}
