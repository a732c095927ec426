// How fast a big capture is read, beside tshark, and how much memory that takes.
import { readFile, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeTempFolder, removeFolder } from '../e2e/disk.js';
import { missing } from '../e2e/peers.js';
import { COMMAND } from '../e2e/proxy.js';
import { TSHARK } from '../e2e/tshark.js';
import { type BigCapture, CAPTURE_SESSIONS, writeBigCapture } from './big-capture.js';
import type { Cleanup } from './cleanup.js';
import type { Row } from './report.js';
import { mebibytes, noResidentMemory } from './resident-memory.js';
import { median, medianRatio } from './statistics.js';
import { timedRun } from './timed-run.js';

const CAPTURE_BYTES = 1024 ** 3;
const ROUNDS = 3;
const TIMES_FASTER = 3;
const MOST_BYTES = 256 * 1024 ** 2;
const FIELDS = ['tcp.stream', 'frame.time_epoch', 'ftp.request.command', 'ftp.request.arg', 'ftp.response.code'];

export async function measureCapture(cleanup: Cleanup): Promise<Row[]> {
  const what = 'reading of a 1 GiB capture';
  const { bavail, bsize } = await statfs(tmpdir());
  if (bavail * bsize < 1.5 * CAPTURE_BYTES) return [{ what, skipped: `no room for it in ${tmpdir()}` }];
  const folder = await makeTempFolder('capture-bench');
  cleanup.add(() => removeFolder(folder));
  const [capture, output] = [join(folder, 'big.pcapng'), join(folder, 'output')];
  const made = await writeBigCapture(capture, CAPTURE_BYTES);
  const absent = missing([TSHARK]);
  const runs = { ours: [] as number[], tshark: [] as number[] };
  let peak = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const ours = await timedRun([process.execPath, COMMAND, 'read', capture], output, cleanup);
    await checkOurs(output, made);
    peak = Math.max(peak, ours.peakBytes);
    runs.ours.push(ours.seconds);
    if (absent !== undefined) continue;
    const fields = FIELDS.flatMap((field) => ['-e', field]);
    const theirs = [TSHARK.file, '-r', capture, '-Y', 'ftp', '-T', 'fields', ...fields];
    runs.tshark.push((await timedRun(theirs, output, cleanup)).seconds);
    await checkTshark(output, made);
  }
  const rows: Row[] = [speed(what, made, runs), ...memory(what, peak)];
  return absent === undefined ? rows : [...rows, { what: `${what} with tshark`, skipped: absent }];
}

function speed(what: string, { bytes }: BigCapture, { ours, tshark }: { ours: number[]; tshark: number[] }): Row {
  const told = `${median(ours).toFixed(1)} s, ${(bytes / median(ours) / 1e6).toFixed(0)} MB/s`;
  const row = { what: `${what}, ${CAPTURE_SESSIONS} sessions`, ours: told };
  if (tshark.length === 0) return row;
  const faster = medianRatio(tshark, ours);
  return {
    ...row,
    compared: `tshark ${median(tshark).toFixed(1)} s: ${faster.toFixed(1)} x faster`,
    target: { text: `>= ${TIMES_FASTER} x faster than tshark`, met: faster >= TIMES_FASTER },
  };
}

function memory(what: string, peak: number): Row[] {
  const absent = noResidentMemory();
  if (absent !== undefined) return [{ what: `memory for ${what}`, skipped: absent }];
  const target = { text: `<= ${mebibytes(MOST_BYTES)}`, met: peak > 0 && peak <= MOST_BYTES };
  return [{ what: `memory for ${what}`, ours: mebibytes(peak), target }];
}

/** Fast and wrong does not count. */
async function checkOurs(output: string, { commands, replies, transfers }: BigCapture): Promise<void> {
  const lines = (await readFile(output, 'utf8')).split('\n');
  const marked = (mark: string) => lines.filter((line) => new RegExp(`#\\d+ +${mark} `).test(line)).length;
  const seen = [marked('->'), marked('<-'), lines.filter((line) => / == RETR .* complete\b/.test(line)).length];
  expectCounts('ftpscope', seen, [commands, replies, transfers]);
}

async function checkTshark(output: string, { commands, replies }: BigCapture): Promise<void> {
  const rows = (await readFile(output, 'utf8')).split('\n').filter((line) => line !== '');
  expectCounts('tshark', [rows.length], [commands + replies]);
}

function expectCounts(who: string, seen: readonly number[], made: readonly number[]): void {
  if (String(seen) !== String(made)) throw new Error(`${who} found ${seen} commands, replies, transfers, not ${made}`);
}
