// Data links and events in words, wherever they are shown or copied.
import type { LegFacts, LinkFacts } from '../../dialogue/observation.js';
import { formatEndpoint } from '../../protocol/endpoint.js';
import { linkOutcomeLine } from '../../words/closed-links.js';
import type { PlainLine } from '../../words/line.js';
import { noteLine } from '../../words/lines.js';
import type { BoardEvent } from '../model/board.js';
import { ownText, wireText } from './row.js';
import type { Symbols } from './symbols.js';

/** What a data link is used for. */
export function linkUse({ verb, path }: LinkFacts): string {
  return verb === null ? 'announced' : `${wireText(verb)} ${wireText(path ?? '')}`.trimEnd();
}

/** Both legs, the client's first. */
export function linkEnds({ client, server }: LinkFacts, { transfer }: Symbols): string {
  return `${legWords(client)} ${transfer} ${legWords(server)}`;
}

/** Active: the client's side listens. The arrow of who dialled is in the word. */
function legWords({ mode, remote }: LegFacts): string {
  return `${mode} ${remote === null ? '(nobody yet)' : ownText(formatEndpoint(remote))}`;
}

export function eventLine(event: BoardEvent): PlainLine {
  return event.kind === 'link-closed' ? linkOutcomeLine(event) : noteLine(event);
}

/** All that is told of an event, in one line. */
export function eventText(event: BoardEvent): string {
  const { text, note } = eventLine(event);
  return [text, note].filter(Boolean).join('  ');
}
