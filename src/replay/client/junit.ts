// Replayed sessions as test suites in the XML that CI systems read (JUnit's): a case for the greeting and for each exchange. Pure, and
// written session by session, as a recording may hold any number of them.
import { maskedLine } from '../../protocol/command.js';
import { readableText } from '../../protocol/wire-text.js';
import { finalReply, type RecordedExchange } from '../session/recorded-session.js';
import type { Difference } from './comparison.js';
import type { ReplayedSession } from './replay-sessions.js';

/** Around all suites. */
export const JUNIT_START = '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="ftpscope replay">\n';
export const JUNIT_END = '</testsuites>\n';

type Outcome =
  | { readonly kind: 'passed' }
  | { readonly kind: 'skipped'; readonly why: string }
  | { readonly kind: 'failure' | 'error'; readonly type: string; readonly why: string; readonly details: string };

interface TestCase {
  readonly name: string;
  readonly outcome: Outcome;
  /** What is remarkable and no failure. */
  readonly remarks: readonly string[];
  readonly ms: number;
}

const PASSED: Outcome = { kind: 'passed' };

/** One session, with the line end. `strict`: what was left out or put in its place is a failure, too. */
export function sessionSuite(replayed: ReplayedSession, strict: boolean): string {
  const { recorded, played } = replayed;
  const { stopped } = played;
  const greeting = recorded.greeting === null ? [] : [caseOf(replayed, null, strict)];
  const cases = [...greeting, ...recorded.exchanges.map((exchange) => caseOf(replayed, exchange, strict))];
  const isNowhere = stopped !== null && !recorded.exchanges.some(({ number }) => number === stopped.exchange);
  const connection = isNowhere ? [{ ...PLAIN, name: 'session', outcome: failed('stopped', stopped.why) }] : [];
  return suite(`session ${recorded.number}`, [...cases, ...connection], played.durationMs);
}

/** A replay that could not run: one case, in error. */
export function errorSuite(name: string, why: string): string {
  const outcome: Outcome = { kind: 'error', type: 'could-not-run', why, details: '' };
  return suite('replay', [{ ...PLAIN, name, outcome }], 0);
}

const PLAIN: Pick<TestCase, 'remarks' | 'ms'> = { remarks: [], ms: 0 };

/** `exchange` is null for the greeting. */
function caseOf(replayed: ReplayedSession, exchange: RecordedExchange | null, strict: boolean): TestCase {
  const { differences, played } = replayed;
  const number = exchange?.number ?? null;
  const own = differences.filter((one) => one.exchange === number);
  const notes = exchange === null ? [] : played.notes.filter((note) => note.exchange === number);
  const sent = played.session.exchanges.find((one) => one.number === number);
  return {
    name: exchange === null ? 'greeting' : `#${exchange.number} ${maskedLine(exchange)}`,
    outcome: outcomeOf(replayed, exchange, strict),
    remarks: [...own.filter(({ matters }) => !matters).map(detailsOf), ...notes.map(({ text }) => text)],
    ms: (exchange === null ? played.session.greeting : sent && finalReply(sent))?.latencyMs ?? 0,
  };
}

function outcomeOf(
  { differences, played }: ReplayedSession,
  exchange: RecordedExchange | null,
  strict: boolean,
): Outcome {
  const number = exchange?.number ?? null;
  const mattering = differences.filter((one) => one.exchange === number && one.matters);
  const { stopped } = played;
  const stoppedHere = stopped !== null && exchange !== null && stopped.exchange === number ? [stopped.why] : [];
  if (mattering.length + stoppedHere.length > 0) {
    const types = [...mattering.map(({ aspect }) => aspect), ...stoppedHere.map(() => 'stopped')];
    const why = [...mattering.map(({ aspect }) => `${aspect} differ`), ...stoppedHere].join('; ');
    return failed(types.join(' '), why, mattering.map(detailsOf).join('\n'));
  }
  if (exchange === null) return played.session.greeting === null ? { kind: 'skipped', why: 'not heard' } : PASSED;
  const skipped = played.skipped.find((one) => one.exchange.number === number);
  if (skipped !== undefined) return strict ? failed('left-out', skipped.why) : { kind: 'skipped', why: skipped.why };
  const substitute = played.notes.find((note) => note.exchange === number && note.substitutes);
  if (strict && substitute !== undefined) return failed('substituted', substitute.text);
  const wasSent = played.session.exchanges.some((one) => one.number === number);
  return wasSent ? PASSED : { kind: 'skipped', why: 'the replay had stopped' };
}

function failed(type: string, why: string, details = ''): Outcome {
  return { kind: 'failure', type, why, details };
}

function detailsOf({ aspect, recorded, replayed }: Difference): string {
  const side = (title: string, lines: readonly string[]) => [
    `${title}:`,
    ...lines.map((line) => `  ${readableText(line)}`),
  ];
  return [aspect, ...side('recorded', recorded), ...side('replayed', replayed)].join('\n');
}

function suite(name: string, cases: readonly TestCase[], ms: number): string {
  const count = (kind: Outcome['kind']) => cases.filter(({ outcome }) => outcome.kind === kind).length;
  const counts = `tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}" skipped="${count('skipped')}"`;
  const lines = cases.map((one) => testCase(name, one));
  return `  <testsuite name="${xmlText(name)}" ${counts} time="${seconds(ms)}">\n${lines.join('')}  </testsuite>\n`;
}

function testCase(className: string, { name, outcome, remarks, ms }: TestCase): string {
  const said = remarks.length === 0 ? '' : `<system-out>${xmlText(remarks.join('\n'))}</system-out>`;
  const names = `classname="${xmlText(className)}" name="${xmlText(readableText(name))}"`;
  return `    <testcase ${names} time="${seconds(ms)}">${outcomeElement(outcome)}${said}</testcase>\n`;
}

function outcomeElement(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'passed':
      return '';
    case 'skipped':
      return `<skipped message="${xmlText(readableText(outcome.why))}"/>`;
    case 'failure':
    case 'error': {
      const { kind, type, why, details } = outcome;
      return `<${kind} type="${xmlText(type)}" message="${xmlText(readableText(why))}">${xmlText(details)}</${kind}>`;
    }
  }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
/** XML 1.0 has no way to write these (section 2.2). */
const NOT_IN_XML = /(?![\t\n\r])\p{Cc}|\p{Cs}|[\ufffe\uffff]/gu;

/** For elements and attributes. */
function xmlText(text: string): string {
  return text.replace(NOT_IN_XML, '\ufffd').replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}
