// The lines of the table as events: what each listener is played.
import type { Side } from '../../src/dialogue/observation.js';
import type { Direction } from '../../src/protocol/verbs.js';
import { directionOf } from '../../src/replay/session/recorded-session.js';

export type DialogueEvent =
  /** With line ends. `verb` is empty for the server. */
  | { readonly kind: 'says'; readonly from: Side; readonly text: string; readonly verb: string }
  /** More bytes of the latest transfer; the first dial the data connection. */
  | { readonly kind: 'data'; readonly bytes: Buffer }
  | { readonly kind: 'data-end'; readonly how: 'fin' | 'reset' }
  | { readonly kind: 'over' };

const GREETING = '< 220 ready';
const FAREWELL = ['> QUIT', '< 221 bye'];

/** A whole session: greeted, and ended by QUIT. */
export function eventsOf(lines: readonly string[]): DialogueEvent[] {
  return [...[GREETING, ...lines, ...FAREWELL].flatMap(event), { kind: 'over' }];
}

function event(line: string): DialogueEvent[] {
  const found = /^(>|<|=[~!]?|=\.|=x)(?: (.*))?$/s.exec(line);
  if (found === null) throw new Error(`what is ${line}?`);
  const [, mark = '', text = ''] = found;
  if (mark === '>') return [{ kind: 'says', from: 'client', text: `${text}\r\n`, verb: verbOf(text) }];
  if (mark === '<') return [{ kind: 'says', from: 'server', text: `${text.replaceAll('\n', '\r\n')}\r\n`, verb: '' }];
  const data: DialogueEvent = { kind: 'data', bytes: Buffer.from(text, 'latin1') };
  const end = (how: 'fin' | 'reset'): DialogueEvent => ({ kind: 'data-end', how });
  switch (mark) {
    case '=~':
      return [data];
    case '=.':
      return [end('fin')];
    case '=x':
      return [end('reset')];
    default:
      return [data, end(mark === '=!' ? 'reset' : 'fin')];
  }
}

function verbOf(line: string): string {
  return line.split(' ', 1)[0]?.toUpperCase() ?? '';
}

/** Which way the bytes of a transfer go; `before` holds where the latest command is none. */
export function directionNow(verb: string, before: Direction = 'download'): Direction {
  return directionOf(verb) ?? before;
}
