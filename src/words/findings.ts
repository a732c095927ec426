// Findings in words: the line where it happens, and what is said at a session's end.
import type { Finding, Fix, Severity } from '../dialogue/observation.js';
import { readableText } from '../protocol/wire-text.js';
import type { Ink, PlainLine } from './line.js';
import { formatCount } from './quantities.js';

/** Of findings, in front of every line. */
const MARK = '##';

const INKS: Readonly<Record<Severity, Ink>> = {
  error: 'violation',
  warning: 'transient-negative',
  note: 'intermediate',
};

export function findingLine({ title, severity, diagnosis, mended }: Finding): PlainLine {
  const kind = mended ? `${severity}, fixed by the proxy` : severity;
  return { mark: MARK, text: readableText(title), ink: INKS[severity], note: `${kind}: ${readableText(diagnosis)}` };
}

/** The findings of one diagnosis on one leg. */
interface Alike {
  readonly first: Finding;
  count: number;
}

const ORDER: readonly Severity[] = ['error', 'warning', 'note'];

/** What a session's findings come to: each once, the gravest first, with its cause and what to do. Notes are not repeated. */
export function summaryLines(findings: readonly Finding[]): PlainLine[] {
  const alike = new Map<string, Alike>();
  for (const finding of findings) {
    if (finding.severity === 'note') continue;
    const key = `${finding.diagnosis} ${finding.leg}`;
    const known = alike.get(key);
    if (known === undefined) alike.set(key, { first: finding, count: 1 });
    else known.count += 1;
  }
  const sorted = [...alike.values()].sort((a, b) => ORDER.indexOf(a.first.severity) - ORDER.indexOf(b.first.severity));
  return sorted.flatMap(summaryOf);
}

function summaryOf({ first, count }: Alike): PlainLine[] {
  const times = count === 1 ? '' : ` (${formatCount(count, 'time')})`;
  const ink = INKS[first.severity];
  const head: PlainLine = {
    mark: MARK,
    text: `${first.severity}: ${readableText(first.title)}${times}`,
    ink,
    note: readableText(first.diagnosis),
  };
  return [head, ...adviceLines(first)];
}

const WHO: Readonly<Record<keyof Fix, string>> = {
  client: 'on the client',
  server: 'on the server',
  network: 'in the network',
  proxy: 'with ftpscope',
};

/** The cause, and what each can do about it. */
export function adviceLines({ cause, fix }: Pick<Finding, 'cause' | 'fix'>): PlainLine[] {
  const lines: PlainLine[] = [{ mark: '  ', text: `why: ${readableText(cause)}`, ink: 'default' }];
  for (const who of ['server', 'client', 'network', 'proxy'] as const) {
    const text = fix[who];
    if (text !== undefined) lines.push({ mark: '  ', text: `do, ${WHO[who]}: ${readableText(text)}`, ink: 'default' });
  }
  return lines;
}
