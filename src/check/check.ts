// A check of a server, from the first connection to the last: enters it, runs the probes one after the other, and says what came of them.
// Nothing that a server does makes it reject. It is bounded: by the probes, each with few connections, and by a time for all of them.
import { serverKindBy } from '../diagnosis/peers.js';
import type { Observation } from '../dialogue/observation.js';
import { isCompletion, isNegative } from '../protocol/reply.js';
import { IMPLICIT_FTPS_PORT } from '../protocol/server-name.js';
import { addressesOf } from './addresses.js';
import { Bench } from './bench.js';
import { Contact, type ServerToCheck, type Visit } from './contact.js';
import { type CheckFinding, findingOf, findingsIn } from './findings.js';

import { GROUPS, type Group, type Outcome, type Probe, type ReportLine, reportSignOf } from './probe.js';

import { PROBES } from './probes/all.js';
import { type Answer, answerText, type Talk } from './talk.js';

export interface CheckOptions extends ServerToCheck {
  /** Where a file may be written; null for nowhere. */
  readonly writeFolder: string | null;
  readonly groups: readonly Group[];
  /** For all of it: what is not asked by then is left out. */
  readonly maxMs: number;
  readonly observe: (observation: Observation) => void;
  /** Wall time, for certificates and listings. */
  readonly nowMs: () => number;
  readonly stop: AbortSignal;
}

export interface CheckReport {
  /** Whether the server could be entered at all: otherwise there is one finding and nothing else. */
  readonly couldRun: boolean;
  readonly address: string | null;
  /** Its maker's name, where it gave itself away. */
  readonly serverKind: Bench['serverKind'];
  readonly lines: readonly ReportLine[];
  /** Probes that were not asked, and why. */
  readonly leftOut: readonly { readonly probe: string; readonly why: string }[];
  readonly connections: number;
  readonly durationMs: number;
}

export async function checkServer(options: CheckOptions): Promise<CheckReport> {
  const startedAt = performance.now();
  const contact = new Contact(options, options.server.address, options.observe);
  const abort = () => contact.close();
  options.stop.addEventListener('abort', abort);
  const finish = (report: Omit<CheckReport, 'connections' | 'durationMs'>): CheckReport => ({
    ...report,
    connections: contact.conversations,
    durationMs: performance.now() - startedAt,
  });
  try {
    const entered = await enterFirst(contact);
    if (entered.kind === 'failed') return finish(failedReport(entered));
    const { entry, addresses } = entered;
    const bench = new Bench(contact, entry, addresses, options.writeFolder, options.nowMs);
    bench.serverKind = kindIn(entry.conversation);
    if (entry.tlsFailure === null) bench.features = await featuresOf(entry.conversation);
    const { lines, leftOut } = await runProbes(bench, options, startedAt + options.maxMs);
    if (!entry.conversation.isOver) await (await bench.session()).quit();
    return finish({ couldRun: true, address: contact.address, serverKind: bench.serverKind, lines, leftOut });
  } finally {
    options.stop.removeEventListener('abort', abort);
    contact.close();
  }
}

type Entered =
  | { readonly kind: 'entered'; readonly entry: Visit; readonly addresses: readonly string[] }
  | { readonly kind: 'failed'; readonly address: string | null; readonly text: string; readonly finding: CheckFinding };

/** The first address that takes us; in the clear where its TLS fails, so that the rest can be checked. */
async function enterFirst(contact: Contact): Promise<Entered> {
  const { address: host } = contact.target.server;
  let reason = '';
  let addresses: readonly string[] = [];
  try {
    addresses = await addressesOf(host);
  } catch (error) {
    reason = asReason(error);
  }
  for (const address of addresses) {
    contact.address = address;
    try {
      const entry = await contact.enter({ encrypts: true, logsIn: true });
      if (isNegative(entry.greeting.code)) return turnedAway(entry.conversation, entry.greeting, address);
      if (entry.tlsFailure === null) return { kind: 'entered', entry, addresses };
      if (contact.implicitTls) {
        reason = entry.tlsFailure.reason;
        continue;
      }
      // A password is not sent in the clear to a server that has TLS.
      const logsIn = contact.target.user === null;
      const plain = await contact.enter({ encrypts: false, logsIn });
      const withheld = logsIn ? null : 'its TLS fails, and the password was not sent in the clear';
      const { auth, tlsFailure } = entry;
      return {
        kind: 'entered',
        entry: { ...plain, auth, tlsFailure, withheld: plain.withheld ?? withheld },
        addresses,
      };
    } catch (error) {
      reason = asReason(error);
    }
  }
  return { kind: 'failed', address: addresses[0] ?? null, text: reason, finding: unreachable(contact, reason) };
}

function unreachable({ target: { server }, implicitTls }: Contact, reason: string): CheckFinding {
  const { address, port } = server;
  const isSilent = !implicitTls && reason.startsWith('no answer');
  const hint = isSilent ? ' (does it wait for TLS? then name it with ftps://)' : '';
  const diagnosis = isSilent && port === IMPLICIT_FTPS_PORT ? 'plain-client-on-implicit-port' : diagnosisOf(reason);
  const title = `the server at ${address}, port ${port}, cannot be checked: ${reason}${hint}`;
  const { fix, ...finding } = findingOf(
    { diagnosis, severity: 'error', title, values: { reason }, ...UNREACHABLE[diagnosis] },
    null,
  );
  // There is no proxy here that could be set up otherwise.
  const { proxy: _, ...others } = fix;
  return { ...finding, fix: others };
}

/** Where the row speaks of a proxy between. */
const UNREACHABLE: Readonly<Record<string, { readonly cause: string }>> = {
  'upstream-unreachable': {
    cause:
      'Nothing listens there, something on the way does not let us through, or the server sends us away before it greets.',
  },
  'plain-server-on-implicit-port': {
    cause:
      'ftps:// is TLS from the first byte, and the server waits for AUTH TLS: name it with ftp://, which is encrypted as well.',
  },
};

const asReason = (error: unknown) => (error instanceof Error ? error.message : String(error));

function diagnosisOf(reason: string): string {
  if (/speaks SSH/.test(reason)) return 'ssh-on-ftp-port';
  if (/speaks TLS/.test(reason)) return 'plain-client-on-implicit-port';
  if (/plain FTP\?/.test(reason)) return 'plain-server-on-implicit-port';
  if (/, not FTP$/.test(reason)) return 'upstream-not-ftp';
  return 'upstream-unreachable';
}

function turnedAway({ observations }: Talk, greeting: Answer, address: string): Entered {
  const text = answerText(greeting);
  const title = `the server turns us away: ${text}`;
  const own = findingOf({ diagnosis: 'too-many-connections', severity: 'error', title, values: { reply: text } }, null);
  const [found = own] = findingsIn(observations).filter(({ severity }) => severity === 'error');
  return { kind: 'failed', address, text, finding: found };
}

function failedReport({ address, text, finding }: Extract<Entered, { kind: 'failed' }>) {
  const findings = [finding];
  const line: ReportLine = { probe: 'address', group: 'connection', sign: 'error', text, facts: { address }, findings };
  return { couldRun: false, address, serverKind: null, lines: [line], leftOut: [] };
}

function kindIn({ observations }: Talk): Bench['serverKind'] {
  for (const one of observations) {
    const kind = one.kind === 'reply' ? serverKindBy(one) : null;
    if (kind !== null) return kind;
  }
  return null;
}

/** Null where the server does not know FEAT, or not before the login. */
async function featuresOf(conversation: Talk): Promise<readonly string[] | null> {
  try {
    const { code, lines } = await conversation.ask('FEAT');
    if (!isCompletion(code)) return null;
    return lines.slice(1, -1).map((line) => line.replace(/^211-/, '').trim().toUpperCase());
  } catch {
    return null;
  }
}

async function runProbes(bench: Bench, { groups, stop }: CheckOptions, until: number) {
  const lines: ReportLine[] = [];
  const leftOut: { probe: string; why: string }[] = [];
  for (const probe of PROBES.filter(({ group }) => groups.includes(group))) {
    const why = whyNot(probe, bench, stop, until);
    if (why !== null) {
      if (why !== '') leftOut.push({ probe: probe.id, why });
      continue;
    }
    const outcome = await outcomeOf(probe, bench);
    if (outcome !== null) lines.push(lineOf(probe, outcome, bench));
  }
  const inOrder = lines.toSorted((a, b) => GROUPS.indexOf(a.group) - GROUPS.indexOf(b.group));
  return { lines: inOrder, leftOut };
}

/** Why a probe is not asked; empty where there is nothing to be asked; null where it is. */
function whyNot({ needs }: Probe, { entry }: Bench, stop: AbortSignal, until: number): string | null {
  if (stop.aborted) return 'interrupted';
  if (performance.now() > until) return 'out of time';
  if (needs === 'tls') return entry.tls === null ? '' : null;
  return needs === 'login' && !entry.isLoggedIn ? 'not logged in' : null;
}

async function outcomeOf(probe: Probe, bench: Bench): Promise<Outcome | null> {
  try {
    return await probe.run(bench);
  } catch (error) {
    return { text: `not judged: ${asReason(error)}`, isOpen: true };
  }
}

function lineOf(
  { id, group }: Probe,
  { text, facts = {}, conclusions = [], isOpen }: Outcome,
  bench: Bench,
): ReportLine {
  const findings = conclusions.map((conclusion) => findingOf(conclusion, bench.serverKind));
  return { probe: id, group, sign: reportSignOf(findings, isOpen ? 'open' : 'ok'), text, facts, findings };
}
