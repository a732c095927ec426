// How a line of the plain transcript is laid out and coloured. Knows columns and inks, and nothing of FTP.
import type { Ink, PlainLine } from '../words/line.js';

/** Behind time and session, the width of mark and text; what is longer pushes its latency and note to the right. */
const BODY_COLUMNS = 56;
const LATENCY_COLUMNS = 9;
const NOTE_GAP = '   ';

/** SGR parameters (ECMA-48 section 8.3.117). */
const SGR: Readonly<Record<Ink, string>> = {
  default: '',
  dim: '2',
  preliminary: '2',
  completion: '32',
  intermediate: '36',
  'transient-negative': '33',
  'permanent-negative': '31',
  'link-complete': '1;32',
  'link-ended-early': '1;33',
  violation: '1;35',
};

/** A line as it is printed, behind `head` (time and session). Without colours it holds no escape sequence at all. */
export function layOut(head: string, line: PlainLine, colour: boolean): string {
  const paint = colour ? inked : asItIs;
  const body = (line.mark === '' ? line.text : `${line.mark} ${line.text}`).trimEnd();
  const { note = '', latency = '' } = line;
  let columns = paint('dim', head) + paint(line.ink, body);
  if (latency !== '' || note !== '') columns += ' '.repeat(Math.max(0, BODY_COLUMNS - body.length));
  if (latency !== '') columns += paint('dim', latency.padStart(LATENCY_COLUMNS));
  if (note !== '') columns += NOTE_GAP + paint('dim', note);
  return columns.trimEnd();
}

function asItIs(_ink: Ink, text: string): string {
  return text;
}

function inked(ink: Ink, text: string): string {
  const parameters = SGR[ink];
  return parameters === '' || text === '' ? text : `\x1b[${parameters}m${text}\x1b[0m`;
}
