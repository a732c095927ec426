// Whatever looks at observations takes any that are well formed: the plain text, the dashboard, a replay's script, a filter. And what
// it shows holds nothing that a terminal would obey.
import { Board } from '../../src/dashboard/model/board.js';
import type { Observation } from '../../src/dialogue/observation.js';
import { parseFilter } from '../../src/filter/parse-filter.js';
import { SessionFilter } from '../../src/filter/session-filter.js';
import { SessionCollector } from '../../src/replay/session/recorded-sessions.js';
import { type ScriptOptions, scriptOf } from '../../src/replay/session/script.js';
import { isObservationOf } from '../../src/transcript/observation-shapes.js';
import { PlainText } from '../../src/transcript/plain-text.js';
import { must } from './target.js';

const SCRIPT: ScriptOptions = {
  allowWrites: true,
  mode: 'passive',
  user: null,
  password: 'x',
  tls: 'same',
  implicitTls: false,
};

export function mustBeShown(observations: readonly Observation[]): void {
  const plain = new PlainText({ colour: false, verbose: true });
  const board = new Board({ maxSessions: 50, maxEntries: 50, maxEvents: 50 });
  const collector = new SessionCollector(null);
  const matcher = filter().matcher();
  const lines: string[] = [];
  for (const observation of observations) {
    must(isObservationOf(observation.kind, observation), `malformed: ${JSON.stringify(observation)}`);
    lines.push(...plain.lines(observation));
    board.take(observation);
    matcher.take(observation);
    const session = collector.add(observation);
    if (session !== null) scriptOf(session, SCRIPT);
  }
  for (const session of collector.rest()) scriptOf(session, SCRIPT);
  lines.push(...plain.rest());
  for (const line of lines) must(!hasRawBytes(line), `raw bytes for the terminal: ${JSON.stringify(line)}`);
}

/** C0 and C1, and DEL: what a terminal may obey. */
export function hasRawBytes(text: string): boolean {
  return [...text].some((one) => one < ' ' || (one >= '\x7f' && one <= '\x9f'));
}

function filter(): SessionFilter {
  const parsed = parseFilter('RETR or (not STOR and 226)');
  if (parsed.kind !== 'filter') throw new Error('that is no filter');
  return new SessionFilter(parsed.expression);
}

/** Sessions open once and close at most once; nothing comes before or behind. */
export function mustBeInOrder(observations: readonly Observation[]): void {
  const open = new Map<number, boolean>();
  for (const { kind, session } of observations) {
    if (kind === 'session-opened') {
      must(!open.has(session), `session ${session} opens twice`);
      open.set(session, true);
    }
    must(open.get(session) === true, `${kind} of session ${session}, which is not open`);
    if (kind === 'session-closed') open.set(session, false);
  }
}
