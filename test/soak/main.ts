// `npm run soak -- --minutes N [--clients N] [--seed N]`: mixed clients at real servers through the proxy, many at once: modes, TLS, resets, cuts,
// slow readers, aborts; and, for root, a disk that fills and empties under the records. Prints what was done, and what must be none; the status is 1 when anything of that is.
import { createHash } from 'node:crypto';
import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Chance } from '../support/chance.js';
import { Hang, type Manner, type Outcome, type Visit, visit } from './client.js';
import { openStages, type Stage, type Usage } from './stage.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    clients: { type: 'string', default: '4' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const MANNERS: readonly Manner[] = ['well', 'well', 'well', 'slow', 'resets', 'cuts', 'aborts'];
const MODES = ['PASV', 'EPSV', 'PORT', 'EPRT'] as const;
const SIZES = [0, 1, 1000, 70_000, 1_000_000, 3_000_000];
const MIB = 1024 * 1024;
/** What Node's heap takes its time to give back is no leak. */
const ALLOWED_GROWTH_BYTES = 48 * MIB;
/** Room for a few payloads, and for transcripts. */
const DISK_KIB = 48 * 1024;
const DISK_KIB_A_MINUTE = 8 * 1024;
/** For how long the disk is full, and not, at most. */
const FULL_MS = 1500;
const FREE_MS = 3000;
/** What is left of a visit after its client has gone is over by then. */
const SETTLED_MS = 8000;
/** The heap has its usual size by then. */
const WARM_UP = 0.2;

/** When the disk of a stage was full last. */
const fullUntil = new Map<Stage, number>();

interface Counts {
  sessions: number;
  transfers: number;
  bytes: number;
  /** Visits that failed while the disk was full. */
  turnedAway: number;
  /** Transfers that the client heard a 226 of: the transcript has to know as many. */
  confirmed: number;
  readonly falseSuccesses: string[];
  readonly wrongBytes: string[];
  readonly hangs: string[];
  readonly faults: string[];
}

const seed = Number(values.seed);
const forMs = Number(values.minutes) * 60_000;
const stages = await openStages(DISK_KIB + DISK_KIB_A_MINUTE * Number(values.minutes));
try {
  if (stages.length === 0) print('no FTP server is on this machine: .ci/install-peers gets some');
  const counts = await Promise.all(stages.map((stage, index) => soak(stage, new Chance(seed + index))));
  process.exitCode = counts.length > 0 && counts.every(isClean) ? 0 : 1;
} finally {
  for (const stage of stages) await stage.stop();
}

async function soak(stage: Stage, chance: Chance): Promise<Counts> {
  const counts: Counts = {
    sessions: 0,
    transfers: 0,
    bytes: 0,
    turnedAway: 0,
    confirmed: 0,
    falseSuccesses: [],
    wrongBytes: [],
    hangs: [],
    faults: [],
  };
  const contents = await layOut(stage, chance);
  const begin = performance.now();
  await crowd(stage, chance, counts, contents, begin + forMs * WARM_UP);
  const before = stage.usage();
  await crowd(stage, chance, counts, contents, begin + forMs);
  const after = stage.isUp() ? stage.usage() : null;
  if (after === null) counts.faults.push(`the proxy has ended:\n${stage.output().slice(-2000)}`);
  else judgeGrowth(before, after, counts);
  const recorded = await confirmedIn(stage);
  if (recorded < counts.confirmed)
    counts.faults.push(`${counts.confirmed} transfers were confirmed, and the transcript knows of ${recorded}`);
  for (const line of stage.output().match(/^.*unexpected error.*$/gm) ?? []) counts.faults.push(line);
  report(stage, counts, before, after);
  return counts;
}

/** Clients side by side, and what their visits leave behind. */
async function crowd(
  stage: Stage,
  chance: Chance,
  counts: Counts,
  contents: ReadonlyMap<string, Buffer>,
  until: number,
): Promise<void> {
  const clients = Array.from({ length: Number(values.clients) }, async (_none, index) => {
    const own = chance.branch();
    while (performance.now() < until && stage.isUp()) {
      await oneVisit(stage, own, counts, contents, `up-${index}`);
      if (index === 0 && own.oneIn(50)) await clearRecords(stage);
    }
  });
  await Promise.all([...clients, weather(stage, chance.branch(), until)]);
  await delay(SETTLED_MS);
}

/** Fills and empties the disk, and makes room on it as its owner would. */
async function weather(stage: Stage, chance: Chance, until: number): Promise<void> {
  const { disk } = stage;
  if (disk === null) return;
  while (performance.now() < until) {
    await delay(chance.below(FREE_MS));
    disk.fill();
    fullUntil.set(stage, Infinity);
    await delay(chance.below(FULL_MS));
    await clearRecords(stage, 20);
    disk.empty();
    fullUntil.set(stage, performance.now());
  }
}

/** The transfers that the proxy has written down as confirmed. */
async function confirmedIn({ records }: Stage): Promise<number> {
  const transcript = await readFile(join(records, 'transcript.ndjson'), 'utf8');
  return transcript.match(/^\{"kind":"reply",.*"code":226,/gm)?.length ?? 0;
}

async function oneVisit(
  stage: Stage,
  chance: Chance,
  counts: Counts,
  contents: ReadonlyMap<string, Buffer>,
  own: string,
): Promise<void> {
  const direction = chance.oneIn(2) ? 'upload' : 'download';
  const [name, content] = chance.from([...contents]);
  const { user, password } = stage.kind;
  const what: Visit = {
    ...{ host: '127.0.0.1', port: stage.port, user, password, encrypts: stage.encrypts, direction },
    ...{ mode: chance.from(MODES), manner: chance.from(MANNERS), name: direction === 'upload' ? own : name, content },
  };
  counts.sessions += 1;
  const beganAt = performance.now();
  try {
    const outcome = await visit(what, chance);
    counts.transfers += 1;
    counts.bytes += outcome.bytes;
    if (outcome.code === 226) counts.confirmed += 1;
    if (outcome.code === 226 || outcome.code === 250) await judge(stage, what, outcome, counts);
  } catch (error) {
    if (error instanceof Hang) counts.hangs.push(error.message);
    else if ((fullUntil.get(stage) ?? 0) >= beganAt) counts.turnedAway += 1;
    else counts.faults.push(error instanceof Error ? `${error.message} (${describe(what)})` : String(error));
  }
}

/** The server says that it is whole: then it must be. */
async function judge(stage: Stage, what: Visit, { bytes, received }: Outcome, counts: Counts): Promise<void> {
  const { content, direction, name, manner } = what;
  if (direction === 'download') {
    if (manner !== 'well' && manner !== 'slow') return;
    if (received !== sha256(content))
      counts.wrongBytes.push(`${describe(what)}: ${bytes} of ${content.length} bytes came`);
    return;
  }
  const stored = await readFile(join(stage.server.place.root, 'pub', name));
  // A client that closes early without a reset has sent a short file, as far as anybody can know.
  const expected = manner === 'well' || manner === 'slow' || manner === 'resets' ? content : null;
  if (expected === null || stored.equals(expected)) return;
  const found = manner === 'resets' ? counts.falseSuccesses : counts.wrongBytes;
  found.push(`${describe(what)}: ${stored.length} of ${content.length} bytes are stored`);
}

function judgeGrowth(before: Usage, after: Usage, { faults }: Counts): void {
  if (after.descriptors > before.descriptors + 1)
    faults.push(`descriptors grew from ${before.descriptors} to ${after.descriptors}`);
  const grown = after.residentBytes - before.residentBytes;
  if (grown > ALLOWED_GROWTH_BYTES) faults.push(`memory grew by ${Math.round(grown / MIB)} MiB`);
}

async function layOut({ server }: Stage, chance: Chance): Promise<Map<string, Buffer>> {
  const contents = new Map<string, Buffer>();
  for (const [index, size] of SIZES.entries()) {
    const name = `down-${index}`;
    const content = Buffer.alloc(size, chance.bytes(977));
    contents.set(name, content);
    const path = join(server.place.root, 'pub', name);
    await writeFile(path, content);
    await chmod(path, 0o644);
  }
  return contents;
}

/** Payloads of days would fill the disk. */
async function clearRecords({ records }: Stage, keep = 100): Promise<void> {
  const folder = join(records, 'payloads');
  const oldest = (await readdir(folder)).sort().slice(0, -keep);
  for (const name of oldest) await rm(join(folder, name), { force: true });
}

function report({ name }: Stage, counts: Counts, before: Usage, after: Usage | null): void {
  const { sessions, transfers, confirmed, bytes, falseSuccesses, wrongBytes, hangs, faults } = counts;
  const growth = after === null ? 'unknown' : `${((after.residentBytes - before.residentBytes) / MIB).toFixed(1)} MiB`;
  const descriptors = after === null ? 'unknown' : String(after.descriptors - before.descriptors);
  print(
    `${name}: ${sessions} sessions, ${transfers} transfers, ${confirmed} of them confirmed, ${Math.round(bytes / MIB)} MiB`,
  );
  print(
    `  false successes ${falseSuccesses.length}, wrong bytes ${wrongBytes.length}, hangs ${hangs.length}, faults ${faults.length}`,
  );
  if (counts.turnedAway > 0) print(`  turned away while the disk was full: ${counts.turnedAway}`);
  print(`  growth of memory ${growth}, of descriptors ${descriptors}`);
  for (const line of [...falseSuccesses, ...wrongBytes, ...hangs, ...faults].slice(0, 20)) print(`  ! ${line}`);
}

function isClean({ falseSuccesses, wrongBytes, hangs, faults }: Counts): boolean {
  return [falseSuccesses, wrongBytes, hangs, faults].every(({ length }) => length === 0);
}

function describe({ direction, mode, manner, encrypts, content }: Visit): string {
  return `${direction} of ${content.length} bytes, ${mode}${encrypts ? ', TLS' : ''}, client ${manner}`;
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
