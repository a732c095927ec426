// How fast a capture of thousands of small sessions is read that all wait for the same port at the same time, beside tshark; and how much
// memory that takes. What is compared with each other session is slow here, and nowhere else.
//
// Last seen (Node 20, busy machine of two cores, processor time): 6.9 and 7.7 s and 275 MiB; tshark 2.3 s and 280 MiB. Of all threads, the main one
// has about half, half a second of that to start; the others work for V8's optimising compiler nearly all of their time (4 s, and 1 s with --no-opt).
// Flags did not help beyond the noise: young generation, eager baseline code, inlining; a heap that grows slowly has 60 MiB less, for 1 s.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeTempFolder, removeFolder } from '../e2e/disk.js';
import { missing } from '../e2e/peers.js';
import { COMMAND } from '../e2e/proxy.js';
import { TSHARK } from '../e2e/tshark.js';
import { writeManySessions } from './big-capture.js';
import type { Cleanup } from './cleanup.js';
import type { Row } from './report.js';
import { mebibytes } from './resident-memory.js';
import { median, medianRatio } from './statistics.js';
import { timedRun } from './timed-run.js';

const SESSIONS = 3000;
const TRANSFERS = 4;
const ROUNDS = 3;
const TIMES_FASTER = 1;
const PART_OF_MEMORY = 0.5;

export async function measureManySessions(cleanup: Cleanup): Promise<Row[]> {
  const what = `reading of ${SESSIONS} small sessions at once`;
  const folder = await makeTempFolder('many-sessions-bench');
  cleanup.add(() => removeFolder(folder));
  const [capture, output] = [join(folder, 'many.pcapng'), join(folder, 'output')];
  await writeManySessions(capture, SESSIONS, TRANSFERS);
  const absent = missing([TSHARK]);
  const runs = { ours: [] as number[], tshark: [] as number[] };
  const peaks = { ours: 0, tshark: 0 };
  for (let round = 0; round < ROUNDS; round += 1) {
    const ours = await timedRun([process.execPath, COMMAND, 'read', capture], output, cleanup);
    await checkOurs(output);
    runs.ours.push(ours.seconds);
    peaks.ours = Math.max(peaks.ours, ours.peakBytes);
    if (absent !== undefined) continue;
    const theirs = await timedRun([TSHARK.file, '-r', capture, '-Y', 'ftp'], output, cleanup);
    runs.tshark.push(theirs.seconds);
    peaks.tshark = Math.max(peaks.tshark, theirs.peakBytes);
  }
  const told = `${median(runs.ours).toFixed(1)} s`;
  if (absent !== undefined)
    return [
      { what, ours: told },
      { what: `${what} with tshark`, skipped: absent },
    ];
  const faster = medianRatio(runs.tshark, runs.ours);
  const part = peaks.ours / Math.max(1, peaks.tshark);
  return [
    {
      what,
      ours: told,
      compared: `tshark ${median(runs.tshark).toFixed(1)} s: ${faster.toFixed(1)} x faster`,
      target: { text: `>= ${TIMES_FASTER} x faster than tshark`, met: faster >= TIMES_FASTER },
    },
    {
      what: `memory for ${what}`,
      ours: mebibytes(peaks.ours),
      compared: `tshark ${mebibytes(peaks.tshark)}`,
      target: { text: `<= ${PART_OF_MEMORY} x tshark`, met: part <= PART_OF_MEMORY },
    },
  ];
}

/** Fast and wrong does not count. */
async function checkOurs(output: string): Promise<void> {
  const seen = (await readFile(output, 'utf8')).split('\n').filter((line) => / == RETR .* complete$/.test(line)).length;
  if (seen !== SESSIONS * TRANSFERS) throw new Error(`ftpscope found ${seen} transfers, not ${SESSIONS * TRANSFERS}`);
}
