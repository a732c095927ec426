// What came of replayed sessions. As text for people: differences side by side, what was left out, where it stopped; as data for
// other programs: one object a session. Pure.
import { maskedLine } from '../../protocol/command.js';
import { readableText } from '../../protocol/wire-text.js';
import { formatCount, formatDuration } from '../../words/quantities.js';
import { type RecordedSession, wasRefused } from '../session/recorded-session.js';
import type { Script, Step } from '../session/script.js';
import { ASPECTS, type Difference } from './comparison.js';
import type { PlayNote, Stopped } from './played-session.js';
import { type ReplayedSession, wentAsRecorded } from './replay-sessions.js';

const INDENT = '    ';
const LEAST_COLUMNS = 20;
const GAP = ' | ';
/** Of one difference: listings may differ in thousands of lines. */
const MAX_SHOWN_LINES = 40;

export interface ReportOptions {
  /** The width to fill. */
  readonly columns: number;
  /** Differences that do not matter are counted, or listed as the others. */
  readonly listsAll: boolean;
  readonly strict: boolean;
}

/** Lines without ends. */
export function sessionReport(replayed: ReplayedSession, { columns, listsAll, strict }: ReportOptions): string[] {
  const { recorded, played, differences } = replayed;
  const listed = listsAll ? differences : differences.filter(({ matters }) => matters);
  return [
    headline(replayed, strict),
    ...played.notes.map((note) => `  note: ${noteText(note, recorded)}`),
    ...played.skipped.map(
      ({ exchange, why }) => `  left out: #${exchange.number} ${readableText(maskedLine(exchange))}: ${why}`,
    ),
    ...listed.flatMap((difference) => differenceLines(difference, columns)),
    ...(listed.length === differences.length ? [] : [summaryLine(differences)]),
    ...(played.stopped === null ? [] : [stoppedLine(replayed)]),
    ...(recorded.wentDark ? ['  the recording does not show what was said after AUTH'] : []),
    ...(recorded.omittedCommands > 0
      ? [`  ${formatCount(recorded.omittedCommands, 'command')} beyond the bound left out`]
      : []),
  ];
}

function noteText({ exchange: number, text }: PlayNote, { exchanges }: RecordedSession): string {
  const exchange = exchanges.find((one) => one.number === number);
  return exchange === undefined ? text : `#${exchange.number} ${readableText(maskedLine(exchange))}: ${text}`;
}

/** `3 differences that do not matter (2 in texts, 1 in timing): -v lists them`. */
function summaryLine(differences: readonly Difference[]): string {
  const others = differences.filter(({ matters }) => !matters);
  const counts = ASPECTS.map((aspect) => ({ aspect, count: others.filter((one) => one.aspect === aspect).length }));
  const named = counts.filter(({ count }) => count > 0).map(({ aspect, count }) => `${count} in ${aspect}`);
  const verb = others.length === 1 ? 'does' : 'do';
  return `  ${formatCount(others.length, 'difference')} that ${verb} not matter (${named.join(', ')}): -v lists ${others.length === 1 ? 'it' : 'them'}`;
}

function headline(replayed: ReplayedSession, strict: boolean): string {
  const { recorded, played, exchanges, payloads, recordedMs } = replayed;
  const verdict = wentAsRecorded(replayed, strict) ? 'as recorded' : 'not as recorded';
  const counts = `${formatCount(exchanges, 'command')}, ${formatCount(payloads, 'payload')} compared`;
  const times = `${formatDuration(played.durationMs)}, recorded ${formatDuration(recordedMs)}`;
  return `session ${recorded.number}: ${verdict}   ${counts}   ${times}`;
}

function stoppedLine({ recorded, played }: ReplayedSession): string {
  const { exchange: number, why } = played.stopped ?? { exchange: null, why: '' };
  const exchange = recorded.exchanges.find((one) => one.number === number);
  const at = exchange === undefined ? '' : ` at #${exchange.number} ${readableText(maskedLine(exchange))}`;
  const sent = new Set(played.session.exchanges.map((one) => one.number));
  const skipped = new Set(played.skipped.map((one) => one.exchange.number));
  const isLeft = (one: number) => one > (number ?? 0) && !sent.has(one) && !skipped.has(one);
  const left = recorded.exchanges.filter((one) => isLeft(one.number)).length;
  const rest = left === 0 ? '' : `; ${formatCount(left, 'command')}${at === '' ? '' : ' behind it'} not replayed`;
  return `  stopped${at}: ${readableText(why)}${rest}`;
}

function differenceLines(difference: Difference, columns: number): string[] {
  const { aspect, matters, exchange, command, recorded, replayed } = difference;
  const about = exchange === null ? 'greeting' : `#${exchange} ${readableText(command ?? '')}`;
  const width = Math.max(LEAST_COLUMNS, Math.floor((columns - INDENT.length - GAP.length) / 2));
  const rows = Math.max(recorded.length, replayed.length);
  const shown = Math.min(rows, MAX_SHOWN_LINES);
  const lines = Array.from({ length: shown }, (_none, row) => sideBySide(recorded[row], replayed[row], width)).flat();
  const more = rows > shown ? [`${INDENT}and ${formatCount(rows - shown, 'more line')}`] : [];
  const heading = `${INDENT}${'recorded'.padEnd(width)}${GAP}replayed`;
  const differ = aspect === 'timing' ? 'differs' : 'differ';
  return [`  ${about}   ${aspect} ${differ}${matters ? '' : ' (does not matter)'}`, heading, ...lines, ...more];
}

function sideBySide(left: string | undefined, right: string | undefined, width: number): string[] {
  const [before, after] = [wrapped(left, width), wrapped(right, width)];
  const rows = Math.max(before.length, after.length, 1);
  return Array.from({ length: rows }, (_none, row) =>
    `${INDENT}${(before[row] ?? '').padEnd(width)}${GAP}${after[row] ?? ''}`.trimEnd(),
  );
}

function wrapped(text: string | undefined, width: number): string[] {
  if (text === undefined) return ['-'];
  return readableText(text).match(new RegExp(`.{1,${width}}`, 'gsu')) ?? [''];
}

/** What would be sent, line by line. */
export function scriptLines({ session, steps, encrypts, protectsData, logsInAs }: Script): string[] {
  const sent = steps.filter(({ kind }) => kind !== 'skip').length;
  const own = [
    ...(encrypts === 'implicit' ? ['  == TLS from the first byte'] : []),
    ...(encrypts === 'at-start' ? ['  -> AUTH TLS   of our own, as TLS is asked for'] : []),
    ...(protectsData ? ['  -> PBSZ 0, PROT P   of our own, as data is to be encrypted'] : []),
    ...(logsInAs === null
      ? []
      : [`  -> USER ${readableText(logsInAs)}   of our own, as the recording begins in mid-session`]),
  ];
  return [
    `session ${session.number}: ${formatCount(sent, 'command')} of ${steps.length}`,
    ...own,
    ...steps.map(stepLine),
  ];
}

function stepLine(step: Step): string {
  const line = readableText(step.kind === 'send' ? step.shown : maskedLine(step.exchange));
  const was = wasRefused(step.exchange) ? ', refused in the recording' : '';
  switch (step.kind) {
    case 'skip':
      return `  --  ${line}   left out: ${readableText(step.why)}`;
    case 'announce': {
      const form = { passive: ['PASV', 'EPSV'], active: ['PORT', 'EPRT'] }[step.mode][step.extended ? 1 : 0];
      return `  ->  ${form}   ${step.mode} data connection${step.translated ? `, recorded as ${step.exchange.verb}` : ''}`;
    }
    case 'misname':
      return `  ->  ${line}   as recorded, although ${step.fault}${was}`;
    case 'transfer': {
      const bytes = step.exchange.transfer?.bytes;
      return `  ->  ${line}   ${step.direction}${bytes === undefined ? '' : ` of ${bytes} bytes`}${was}`;
    }
    case 'encrypt':
    case 'send':
      return `  ->  ${line}${was === '' ? '' : `   ${was.slice(2)}`}`;
  }
}

export interface ReplayData {
  readonly session: number;
  readonly asRecorded: boolean;
  /** Commands and payloads that were compared. */
  readonly commands: number;
  readonly payloads: number;
  readonly recordedMs: number;
  readonly replayedMs: number;
  readonly leftOut: readonly { readonly exchange: number; readonly line: string; readonly why: string }[];
  readonly notes: readonly Pick<PlayNote, 'exchange' | 'text'>[];
  readonly differences: readonly Difference[];
  readonly stopped: Stopped | null;
}

export function replayedAsData(replayed: ReplayedSession, strict: boolean): ReplayData {
  const { recorded, played, differences, exchanges, payloads, recordedMs } = replayed;
  return {
    session: recorded.number,
    asRecorded: wentAsRecorded(replayed, strict),
    commands: exchanges,
    payloads,
    recordedMs: rounded(recordedMs),
    replayedMs: rounded(played.durationMs),
    leftOut: played.skipped.map(({ exchange, why }) => ({
      exchange: exchange.number,
      line: maskedLine(exchange),
      why,
    })),
    notes: played.notes.map(({ exchange, text }) => ({ exchange, text })),
    differences,
    stopped: played.stopped,
  };
}

export interface ScriptData {
  readonly session: number;
  readonly encrypts: Script['encrypts'];
  readonly steps: readonly {
    readonly exchange: number;
    readonly line: string;
    readonly kind: Step['kind'];
    /** Why it is left out. */
    readonly why?: string;
  }[];
}

export function scriptAsData({ session, encrypts, steps }: Script): ScriptData {
  return {
    session: session.number,
    encrypts,
    steps: steps.map((step) => ({
      exchange: step.exchange.number,
      line: step.kind === 'send' ? step.shown : maskedLine(step.exchange),
      kind: step.kind,
      ...(step.kind === 'skip' ? { why: step.why } : {}),
    })),
  };
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
