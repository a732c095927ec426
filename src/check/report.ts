// The report of a check: for people, a line for each thing that was asked and the findings behind them; for programs, one object.
import { SERVER_NAMES } from '../diagnosis/peers.js';
import type { Severity } from '../dialogue/observation.js';
import { adviceLines } from '../words/findings.js';
import { formatCount, formatDuration } from '../words/quantities.js';
import type { CheckReport } from './check.js';
import type { CheckFinding } from './findings.js';
import { type Facts, GROUPS, type Group, type Sign } from './probe.js';

const HEADINGS: Readonly<Record<Group, string>> = {
  connection: 'connection',
  login: 'login',
  tls: 'TLS',
  data: 'data connections',
  files: 'files and listings',
  limits: 'limits',
  writing: 'writing',
};

const SIGNS: Readonly<Record<Sign, string>> = { ok: 'ok', open: '?', note: 'note', warning: 'WARNING', error: 'ERROR' };
const SIGN_COLUMNS = Math.max(...Object.values(SIGNS).map((sign) => sign.length));

const BY_GRAVITY: readonly Severity[] = ['error', 'warning', 'note'];

/** Each once, the gravest first. */
export function findingsOf({ lines }: CheckReport): readonly CheckFinding[] {
  const all = lines.flatMap(({ findings }) => findings);
  const different = all.filter(
    ({ diagnosis, title }, index) =>
      all.findIndex((one) => one.diagnosis === diagnosis && one.title === title) === index,
  );
  return different.toSorted((a, b) => BY_GRAVITY.indexOf(a.severity) - BY_GRAVITY.indexOf(b.severity));
}

/** Whether there is anything worse than a note. */
export function hasFaults(report: CheckReport): boolean {
  return findingsOf(report).some(({ severity }) => severity !== 'note');
}

export function reportText(report: CheckReport, url: string): readonly string[] {
  const kind = report.serverKind === null ? '' : ` (${SERVER_NAMES[report.serverKind]})`;
  const groups = GROUPS.flatMap((group) => groupText(report, group));
  const findings = findingsOf(report).flatMap(findingText);
  return [
    `${url}${kind}`,
    ...groups,
    ...(findings.length === 0 ? [] : ['', 'findings', ...findings]),
    '',
    ...leftOutText(report),
    summaryText(report),
  ];
}

function groupText({ lines }: CheckReport, group: Group): readonly string[] {
  const own = lines.filter((line) => line.group === group);
  if (own.length === 0) return [];
  return ['', HEADINGS[group], ...own.map(({ sign, text }) => `  ${SIGNS[sign].padEnd(SIGN_COLUMNS)}  ${text}`)];
}

function findingText(finding: CheckFinding): readonly string[] {
  const { severity, title, diagnosis } = finding;
  const advice = adviceLines(finding).map(({ text }) => `     ${text}`);
  return [`  ${severity}: ${title}   ${diagnosis}`, ...advice];
}

function leftOutText({ leftOut }: CheckReport): readonly string[] {
  const reasons = [...new Set(leftOut.map(({ why }) => why))];
  return reasons.map((reason) => {
    const probes = leftOut.filter(({ why }) => why === reason).map(({ probe }) => probe);
    return `not asked (${reason}): ${probes.join(', ')}`;
  });
}

function summaryText(report: CheckReport): string {
  const found = findingsOf(report);
  const counts = BY_GRAVITY.map((severity) => ({
    severity,
    count: found.filter((one) => one.severity === severity).length,
  }))
    .filter(({ count }) => count > 0)
    .map(({ severity, count }) => formatCount(count, severity));
  const open = report.lines.filter(({ sign }) => sign === 'open').length;
  const asked = `${formatCount(report.lines.length, 'check')}${open === 0 ? '' : `, ${open} not judged`}`;
  const took = `${formatCount(report.connections, 'connection')}, ${formatDuration(report.durationMs)}`;
  return `${counts.join(', ') || 'nothing found'} in ${asked} (${took})`;
}

export interface CheckData {
  readonly server: string;
  readonly couldRun: boolean;
  readonly address: string | null;
  readonly serverKind: string | null;
  readonly checks: readonly {
    readonly check: string;
    readonly group: Group;
    readonly sign: Sign;
    readonly text: string;
    readonly facts: Facts;
    /** Ids. */
    readonly findings: readonly string[];
  }[];
  readonly findings: readonly CheckFinding[];
  readonly leftOut: readonly { readonly check: string; readonly why: string }[];
  readonly connections: number;
  readonly durationMs: number;
}

export function reportAsData(report: CheckReport, url: string): CheckData {
  const { couldRun, address, serverKind, lines, leftOut, connections, durationMs } = report;
  return {
    server: url,
    ...{ couldRun, address, serverKind },
    checks: lines.map(({ probe, group, sign, text, facts, findings }) => ({
      check: probe,
      ...{ group, sign, text, facts },
      findings: findings.map(({ diagnosis }) => diagnosis),
    })),
    findings: findingsOf(report),
    leftOut: leftOut.map(({ probe, why }) => ({ check: probe, why })),
    ...{ connections, durationMs: Math.round(durationMs) },
  };
}
