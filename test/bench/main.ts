// `npm run bench [-- PART...]`: how fast the proxy is and how much memory it takes, on this machine, beside what it is held
// against. Prints a table; exits with 1 when a target is missed, or when FTPSCOPE_REQUIRE_PEERS=1 and something is missing.
import { measureCapture } from './capture.js';
import { Cleanup } from './cleanup.js';
import { measureCommands } from './commands.js';
import { measureDashboard } from './dashboard.js';
import { measureEncrypted } from './encrypted.js';
import { measureIdleSessions } from './idle-sessions.js';
import { measureLargeTransfers } from './large-transfers.js';
import { measureLongTranscript } from './long-transcript.js';
import { measureManySessions } from './many-sessions.js';
import { measureMirror } from './mirror.js';
import { measureModeTranslation } from './mode-translation.js';
import { inOwnNetwork } from './own-network.js';
import { measurePausedTransfers } from './paused-transfers.js';
import { measureRedirection } from './redirection.js';
import { isMissed, type Row, tableOf } from './report.js';
import { measureSmallFiles } from './small-files.js';
import { measureThroughput } from './throughput.js';
import { measureTranscript } from './transcript.js';

type Part = (cleanup: Cleanup) => Promise<Row[]>;

const PARTS: Readonly<Record<string, Part>> = {
  throughput: measureThroughput,
  'large-transfers': measureLargeTransfers,
  'mode-translation': measureModeTranslation,
  redirection: measureRedirection,
  'small-files': measureSmallFiles,
  mirror: measureMirror,
  sustained: inOwnNetwork('sustained'),
  'one-port': inOwnNetwork('one-port'),
  encrypted: measureEncrypted,
  commands: measureCommands,
  'idle-sessions': measureIdleSessions,
  'paused-transfers': measurePausedTransfers,
  dashboard: measureDashboard,
  capture: measureCapture,
  'many-sessions': measureManySessions,
  transcript: measureTranscript,
  'long-transcript': measureLongTranscript,
};
const LONGEST_MS = 25 * 60_000;
const nothingMayBeMissing = process.env['FTPSCOPE_REQUIRE_PEERS'] === '1';

const cleanup = new Cleanup();

function chosenParts(names: readonly string[]): readonly (readonly [string, Part])[] {
  const unknown = names.find((name) => !(name in PARTS));
  if (unknown !== undefined) {
    process.stderr.write(`no part ${unknown}; there are ${Object.keys(PARTS).join(', ')}\n`);
    process.exit(2);
  }
  return Object.entries(PARTS).filter(([name]) => names.length === 0 || names.includes(name));
}

async function measureAll(parts: readonly (readonly [string, Part])[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [name, part] of parts) {
    process.stderr.write(`${name} ...\n`);
    try {
      rows.push(...(await part(cleanup)));
    } finally {
      await cleanup.run();
    }
  }
  return rows;
}

/** Nothing that was started outlives the bench, however it ends. */
function stopOn(reason: string): void {
  process.stderr.write(`${reason}\n`);
  void cleanup.run().finally(() => process.exit(1));
}

function verdict(rows: readonly Row[]): string {
  const missed = rows.filter(isMissed).map(({ what }) => what);
  const skipped = rows.filter((row) => 'skipped' in row);
  if (missed.length > 0) return `missed: ${missed.join('; ')}`;
  if (skipped.length > 0 && nothingMayBeMissing)
    return 'not everything could be measured, and FTPSCOPE_REQUIRE_PEERS=1';
  return skipped.length > 0 ? 'every target that could be measured is met' : 'every target is met';
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopOn(signal));
const parts = chosenParts(process.argv.slice(2));
const timer = setTimeout(() => stopOn(`the bench took more than ${LONGEST_MS / 60_000} minutes`), LONGEST_MS);
const rows = await measureAll(parts);
clearTimeout(timer);
process.stdout.write(`${tableOf(rows)}${verdict(rows)}\n`);
if (rows.some((row) => isMissed(row) || ('skipped' in row && nothingMayBeMissing))) process.exitCode = 1;
