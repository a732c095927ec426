// The operators of the filter language: what each takes, and the term it makes. One table, for the parser, its errors and its
// help.
import { FAULTS, SEVERITIES } from '../dialogue/finding.js';
import { type Comparison, FILTER_MODES, type FilterTerm } from './filter-expression.js';
import { plainText } from './pattern.js';
import { parsePeer } from './peer.js';

/** Null: the value is not what the operator takes. */
type MakeTerm = (pattern: string) => FilterTerm | null;

export interface FilterOperator {
  /** What its value looks like, for people. */
  readonly takes: string;
  /** What it selects sessions by, for people. */
  readonly selects: string;
  readonly make: MakeTerm;
  /** The term without a value, where that may be left out. */
  readonly alone?: FilterTerm;
}

const PATTERN = 'text, with * and ? as wildcards';
const PEER = 'an address, a range such as 10.0.0.0/8, HOST:PORT or :PORT';
const ANY_TLS: FilterTerm = { kind: 'tls', protocol: null };

export const FILTER_OPERATORS: ReadonlyMap<string, FilterOperator> = new Map([
  ['cmd', { takes: PATTERN, selects: 'a command of that verb', make: patternTerm('cmd') }],
  ['code', { takes: 'a reply code such as 550, 5xx or 5', selects: 'a reply with that code', make: codeTerm }],
  ['user', { takes: PATTERN, selects: 'a login by that name', make: patternTerm('user') }],
  ['path', { takes: PATTERN, selects: 'a transfer or command with that path', make: patternTerm('path') }],
  ['mode', { takes: FILTER_MODES.join(', '), selects: 'a data connection made that way', make: modeTerm }],
  ['src', { takes: PEER, selects: 'the client', make: peerTerm('src') }],
  ['dst', { takes: PEER, selects: 'the server', make: peerTerm('dst') }],
  ['tls', { takes: 'yes or a version such as 1.3', selects: 'encryption', make: tlsTerm, alone: ANY_TLS }],
  ['err', { takes: 'no value', selects: 'anything that went wrong', make: () => null, alone: { kind: 'err' } }],
  [
    'finding',
    {
      takes: `a diagnosis, as \`ftpscope explain\` lists them`,
      selects: 'what went wrong',
      make: patternTerm('finding'),
    },
  ],
  ['severity', { takes: SEVERITIES.join(', '), selects: 'a finding of that severity', make: severityTerm }],
  ['fault', { takes: FAULTS.join(', '), selects: 'a finding that blames that side', make: faultTerm }],
  ['size', { takes: 'a size such as >1m or <=100k', selects: 'a transfer of that size', make: sizeTerm }],
]);

function patternTerm(kind: 'cmd' | 'user' | 'path' | 'finding'): MakeTerm {
  return (pattern) => (pattern === '' ? null : { kind, pattern });
}

function codeTerm(pattern: string): FilterTerm | null {
  const match = /^[1-6][0-9x.?]{0,2}$/i.exec(pattern);
  return match === null ? null : { kind: 'code', code: match[0].replace(/[^0-9]/g, 'x').padEnd(3, 'x') };
}

function severityTerm(pattern: string): FilterTerm | null {
  const severity = SEVERITIES.find((one) => one === pattern.toLowerCase());
  return severity === undefined ? null : { kind: 'severity', severity };
}

function faultTerm(pattern: string): FilterTerm | null {
  const fault = FAULTS.find((one) => one === pattern.toLowerCase());
  return fault === undefined ? null : { kind: 'fault', fault };
}

function modeTerm(pattern: string): FilterTerm | null {
  const mode = FILTER_MODES.find((one) => one === pattern.toLowerCase());
  return mode === undefined ? null : { kind: 'mode', mode };
}

function peerTerm(kind: 'src' | 'dst'): MakeTerm {
  return (pattern) => (parsePeer(pattern) === null ? null : { kind, peer: pattern });
}

function tlsTerm(pattern: string): FilterTerm | null {
  if (pattern.toLowerCase() === 'yes') return ANY_TLS;
  const version = /^(?:TLSv?)?(1(?:\.[0-3])?)$/i.exec(pattern)?.[1];
  // Node's own names: the first version is TLSv1.
  return version === undefined ? null : { kind: 'tls', protocol: `TLSv${version === '1.0' ? '1' : version}` };
}

const BYTES_BY_UNIT: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

function sizeTerm(pattern: string): FilterTerm | null {
  const match = /^(<=|>=|<|>|=)?(\d{1,12}(?:\.\d{1,3})?)([kmgt]?)(?:i?b)?$/i.exec(plainText(pattern));
  const unit = BYTES_BY_UNIT[match?.[3]?.toLowerCase() ?? ''];
  if (match === null || unit === undefined) return null;
  return { kind: 'size', comparison: comparisonOf(match[1]), bytes: Math.round(Number(match[2]) * unit) };
}

function comparisonOf(text: string | undefined): Comparison {
  switch (text) {
    case '<':
    case '<=':
    case '>=':
    case '>':
      return text;
    default:
      return '=';
  }
}
