// Data links that are over, in words: what went over them, and how that ended.
import type { LinkClosed } from '../dialogue/observation.js';
import type { Ink, PlainLine } from './line.js';
import { GAP, shown } from './lines.js';
import { formatBytes, formatDuration, formatRate } from './quantities.js';

/** In the order in which it happened: which way, how much, how it ended. */
export function linkClosedLine(link: LinkClosed, verbose: boolean): PlainLine {
  return line(link, [
    modes(link),
    ...transferred(link),
    outcomeWords(link),
    ...kept(link),
    ...(verbose && link.sha256 !== undefined ? [`sha256 ${shown(link.sha256)}`] : []),
  ]);
}

/** For rows that may be cut at their end: how it ended comes first. */
export function linkOutcomeLine(link: LinkClosed): PlainLine {
  return line(link, [outcomeWords(link), ...transferred(link), modes(link), ...kept(link)]);
}

function line(link: LinkClosed, facts: readonly string[]): PlainLine {
  const what = link.verb === null ? 'no transfer' : `${shown(link.verb)} ${shown(link.path ?? '')}`.trimEnd();
  return { mark: '==', text: [what, ...facts].join(GAP), ink: inkOfLink(link) };
}

const modes = ({ client, server }: LinkClosed) => `${client.mode}/${server.mode}`;

const kept = ({ payload }: LinkClosed) => (payload === undefined ? [] : [`kept as ${shown(payload)}`]);

function transferred({ bytes, durationMs }: LinkClosed): readonly string[] {
  if (durationMs === null) return [];
  const rate = formatRate(bytes, durationMs);
  return [`${formatBytes(bytes)} in ${formatDuration(durationMs)}${rate === null ? '' : `, ${rate}`}`];
}

/** Where the client aborted it, the reason says the outcome, too: "aborted by the client". */
function outcomeWords({ outcome, cause, reason }: LinkClosed): string {
  const word = outcome === 'unseen' ? 'not seen' : outcome;
  if (reason === null) return word;
  return cause === 'aborted-by-client' ? shown(reason) : `${word}: ${shown(reason)}`;
}

function inkOfLink({ outcome }: LinkClosed): Ink {
  switch (outcome) {
    case 'complete':
      return 'link-complete';
    case 'unused':
    case 'unseen':
      return 'dim';
    case 'refused':
    case 'aborted':
    case 'failed':
      return 'link-ended-early';
  }
}
