// Observations as the evidence of a finding: which one it was, and what it says, in short.
import type { Evidence, LegFacts, LinkFacts, Observation } from '../dialogue/observation.js';
import { formatEndpoint } from '../protocol/endpoint.js';

const MAX_CHARACTERS = 200;

export function evidenceOf(observation: Observation): Evidence {
  const text = says(observation);
  const short = text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}...` : text;
  return { kind: observation.kind, at: observation.at, text: short };
}

function says(one: Observation): string {
  switch (one.kind) {
    case 'session-opened':
      return `client ${formatEndpoint(one.client)}`;
    case 'server-chosen':
      return `server ${formatEndpoint(one.server)}`;
    case 'server-connected':
      return `connected to ${formatEndpoint(one.remote)}`;
    case 'command':
      return one.line;
    case 'reply':
      return one.lines[0] ?? String(one.code);
    case 'held-reply':
      return `${one.code} ${one.state}`;
    case 'noise':
      return one.line;
    case 'rewrite':
      return `${one.what} ${formatEndpoint(one.announced)}, given as ${formatEndpoint(one.given)}`;
    case 'link-opened':
      return `data link ${one.link}: ${legs(one)}`;
    case 'link-progress':
      return `data link ${one.link} ${one.state}, ${one.bytes} bytes`;
    case 'link-closed':
      return `data link ${one.link} ${one.outcome}, ${one.bytes} bytes${one.reason === null ? '' : `: ${one.reason}`}`;
    case 'tls':
      return `TLS with the ${one.side}: ${one.failure ?? one.protocol ?? ''}${one.resumed ? ', resumed' : ''}`;
    case 'violation':
    case 'note':
      return one.detail;
    case 'gap':
      return `${one.bytes} bytes from the ${one.side} are missing`;
    case 'finding':
      return one.title;
    case 'session-closed':
      return one.reason;
  }
}

function legs({ client, server }: LinkFacts): string {
  return `${leg('client', client)}, ${leg('server', server)}`;
}

function leg(side: string, { mode, remote }: LegFacts): string {
  return `${side} leg ${mode}${remote === null ? '' : ` ${formatEndpoint(remote)}`}`;
}
