// From a file's bytes to observations: what a whole capture gives, and that a damaged one never does worse than say so.
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CaptureError } from '../../src/capture/capture-error.js';
import { type CaptureOptions, readCapture } from '../../src/capture/read-capture.js';
import type { Observation } from '../../src/dialogue/observation.js';
import { inShort, of } from './ftp/played-capture.js';
import { DOWNLOADED, ftpCaptureFile } from './ftp-capture-file.js';

async function read(file: Buffer, options: Partial<CaptureOptions> = {}, chunkBytes = file.length) {
  const told: Observation[] = [];
  const notices: string[] = [];
  const all = { showSecrets: false, notice: (line: string) => notices.push(line), ...options };
  for await (const batch of readCapture(inChunks(file, chunkBytes), all)) told.push(...batch);
  return { told, notices };
}

async function* inChunks(file: Buffer, bytes: number): AsyncGenerator<Buffer> {
  for (let from = 0; from < file.length; from += bytes) yield Buffer.from(file.subarray(from, from + bytes));
}

test('a session is found on a port of its own, and told whole', async () => {
  const { told, notices } = await read(ftpCaptureFile());
  expect(notices).toEqual([]);
  expect(told.map(inShort)).toEqual([
    'session-opened',
    'S 220 ready',
    'C USER ann',
    'S 331 password (1)',
    'C PASS ****',
    'S 230 in (2)',
    'C PASV',
    'S 227 ok (10,0,0,2,195,80) (3)',
    'link 1 passive',
    'C RETR a.txt',
    'link 1 transferring',
    'S 150 here it comes (4)',
    'S 226 done (4)',
    `link 1 RETR a.txt ${DOWNLOADED.length} complete`,
    'C QUIT',
    'S 221 bye (5)',
    'closed by client: QUIT',
  ]);
  const sha256 = createHash('sha256').update(DOWNLOADED).digest('hex');
  expect(of(told, 'link-closed')).toMatchObject([{ sha256, durationMs: 3 }]);
});

test('the chunks of the file do not matter', async () => {
  const file = ftpCaptureFile();
  const whole = await read(file);
  for (const bytes of [1, 7, 60, 1000]) expect(await read(file, {}, bytes)).toEqual(whole);
});

test('a file cut anywhere gives what was whole', async () => {
  const file = ftpCaptureFile();
  const whole = (await read(file)).told.map(inShort);
  for (let bytes = 24; bytes < file.length; bytes += 13) {
    const { told } = await read(file.subarray(0, bytes));
    const lines = told.filter(({ kind }) => kind === 'command' || kind === 'reply').map(inShort);
    expect(whole.filter((line) => /^[CS] /.test(line)).slice(0, lines.length)).toEqual(lines);
    expect(told.at(-1)?.kind).toBe(told.length === 0 ? undefined : 'session-closed');
  }
});

test('no FTP: the notice says what there was', async () => {
  const { told, notices } = await read(ftpCaptureFile().subarray(0, 24));
  expect(told).toEqual([]);
  expect(notices).toEqual(['no FTP in the capture: it holds 0 packets, 0 TCP connections']);
});

test('whatever is damaged in a file, no fault but one of the capture is told', async () => {
  const file = ftpCaptureFile();
  const damage = fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), { minLength: 1, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(damage, fc.boolean(), async (changes, forced) => {
      const damaged = Buffer.from(file);
      for (const [at, byte] of changes) damaged[at] = byte;
      try {
        await read(damaged, forced ? { ports: [2100] } : {});
      } catch (error) {
        expect(error).toBeInstanceOf(CaptureError);
      }
    }),
    { numRuns: 300 },
  );
});
