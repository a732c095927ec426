// What an observation says about a condition of a filter.
import type {
  CommandSeen,
  Finding,
  LinkClosed,
  LinkFacts,
  LinkProgress,
  Observation,
} from '../dialogue/observation.js';
import { verbFacts } from '../protocol/verbs.js';
import { utf8Reading } from '../protocol/wire-text.js';
import type { Comparison, FilterMode, FilterTerm } from './filter-expression.js';
import { type TextTest, textTest } from './pattern.js';
import { parsePeer } from './peer.js';

type Kind = Observation['kind'];

/**
 * True: it holds for the session, whatever comes. False: it will never hold. Null: this observation does not tell. Only
 * what an observation tells counts, so that order and time do not matter.
 */
export type TermVerdict = boolean | null;

export interface TermTest {
  /** The kinds that may tell something; others need not be asked. */
  readonly kinds: readonly Kind[];
  readonly ask: (observation: Observation) => TermVerdict;
}

export function termTest(term: FilterTerm): TermTest {
  switch (term.kind) {
    case 'cmd':
      return onCommands(textTest(term.pattern, false), ({ verb }, fits) => fits(verb));
    case 'user':
      return onCommands(textTest(term.pattern, false), namesUser);
    case 'path':
      return pathTest(textTest(term.pattern, true));
    case 'text':
      return lineTest(textTest(term.pattern, true));
    case 'code':
      return { kinds: ['reply'], ask: (one) => holds(one.kind === 'reply' && fitsCode(term.code, one.code)) };
    case 'mode':
      return { kinds: MODE_KINDS, ask: (one) => holds(hasMode(term.mode, one)) };
    case 'src':
      return sourceTest(term.peer);
    case 'dst':
      return destinationTest(term.peer);
    case 'tls':
      return { kinds: ['tls', 'violation'], ask: (one) => holds(isEncrypted(term.protocol, one)) };
    case 'err':
      return { kinds: ['reply', 'violation', 'link-closed', 'tls'], ask: (one) => holds(isFailure(one)) };
    case 'finding':
      return onFindings(textTest(term.pattern, false), ({ diagnosis }, fits) => fits(diagnosis));
    case 'severity':
      return onFindings(term.severity, ({ severity }, wanted) => severity === wanted);
    case 'fault':
      return onFindings(term.fault, ({ fault }, wanted) => fault === wanted);
    case 'size':
      return { kinds: ['link-closed', 'link-progress'], ask: (one) => holds(hasSize(term, one)) };
  }
}

/** What one observation does not show, another one may. */
function holds(shown: boolean): TermVerdict {
  return shown ? true : null;
}

function onCommands(fits: TextTest, ask: (command: CommandSeen, fits: TextTest) => boolean): TermTest {
  return { kinds: ['command'], ask: (one) => holds(one.kind === 'command' && ask(one, fits)) };
}

function onFindings<W>(wanted: W, ask: (finding: Finding, wanted: W) => boolean): TermTest {
  return { kinds: ['finding'], ask: (one) => holds(one.kind === 'finding' && ask(one, wanted)) };
}

/** `alice` is also the user of `alice@host`, as clients of forward mode write it. */
function namesUser({ verb, argument }: CommandSeen, fits: TextTest): boolean {
  if (verb !== 'USER') return false;
  const user = readable(argument);
  const at = user.lastIndexOf('@');
  return fits(user) || (at > 0 && fits(user.slice(0, at)));
}

/** Beside those that start transfers. */
const VERBS_WITH_PATH: ReadonlySet<string> = new Set(
  (
    'CWD XCWD MKD XMKD RMD XRMD DELE RNFR RNTO SMNT STAT SIZE MDTM MLST MFMT MFCT MFF ' +
    'HASH XCRC XMD5 XSHA1 XSHA256 PRET SITE'
  ).split(' '),
);

function pathTest(fits: TextTest): TermTest {
  const ask = (one: Observation): boolean => {
    if (one.kind === 'link-closed') return one.path !== null && fits(one.pathUtf8 ?? one.path);
    if (one.kind !== 'command' || one.argument === '') return false;
    const takesPath = VERBS_WITH_PATH.has(one.verb) || verbFacts(one.verb)?.transfer !== undefined;
    return takesPath && fits(readable(one.argument));
  };
  return { kinds: ['command', 'link-closed'], ask: (one) => holds(ask(one)) };
}

function lineTest(fits: TextTest): TermTest {
  const ask = (one: Observation): boolean => {
    if (one.kind === 'command') return fits(one.lineUtf8 ?? one.line);
    if (one.kind === 'reply') return (one.linesUtf8 ?? one.lines).some(fits);
    return one.kind === 'noise' && fits(readable(one.line));
  };
  return { kinds: ['command', 'reply', 'noise'], ask: (one) => holds(ask(one)) };
}

function readable(wireText: string): string {
  return utf8Reading(wireText) ?? wireText;
}

function fitsCode(wanted: string, code: number): boolean {
  const digits = String(code);
  return digits.length === wanted.length && [...wanted].every((digit, at) => digit === 'x' || digit === digits[at]);
}

const ANNOUNCED_BY = { port: 'PORT', eprt: 'EPRT', pasv: '227', epsv: '229' } as const;
const MODE_KINDS: readonly Kind[] = ['command', 'link-opened', 'link-progress', 'link-closed'];

function hasMode(mode: FilterMode, one: Observation): boolean {
  if (mode === 'active' || mode === 'passive')
    return isOnLink(one) && [one.client.mode, one.server.mode].includes(mode);
  return one.kind === 'command' && verbFacts(one.verb)?.announces === ANNOUNCED_BY[mode];
}

function isOnLink(one: Observation): one is Extract<Observation, LinkFacts> {
  return one.kind === 'link-opened' || one.kind === 'link-progress' || one.kind === 'link-closed';
}

function sourceTest(peer: string): TermTest {
  const fits = parsePeer(peer);
  const ask = (one: Observation) => (one.kind === 'session-opened' ? fits?.(one.client) === true : null);
  return { kinds: ['session-opened'], ask };
}

/** By the name that was asked for, and by the address that was reached. */
function destinationTest(peer: string): TermTest {
  const fits = parsePeer(peer);
  const ask = (one: Observation): boolean => {
    if (one.kind === 'session-opened' || one.kind === 'server-chosen')
      return one.server !== null && fits?.(one.server) === true;
    return one.kind === 'server-connected' && fits?.(one.remote) === true;
  };
  return { kinds: ['session-opened', 'server-chosen', 'server-connected'], ask: (one) => holds(ask(one)) };
}

/** What was relayed unseen, or seen going by in a capture, is encrypted as well; with which version nobody knows. */
function isEncrypted(protocol: string | null, one: Observation): boolean {
  if (one.kind === 'tls') return one.failure === null && (protocol === null || one.protocol === protocol);
  return one.kind === 'violation' && one.code === 'encrypted-passthrough' && protocol === null;
}

function isFailure(one: Observation): boolean {
  switch (one.kind) {
    case 'reply':
      return one.code >= 400;
    case 'violation':
      return true;
    case 'link-closed':
      return one.outcome === 'failed';
    case 'tls':
      return one.failure !== null;
    default:
      return false;
  }
}

function hasSize({ comparison, bytes }: Extract<FilterTerm, { kind: 'size' }>, one: Observation): boolean {
  if (one.kind === 'link-closed') return wasTransferred(one) && compares(one.bytes, comparison, bytes);
  // Bytes only become more.
  const grows = comparison === '>' || comparison === '>=';
  return one.kind === 'link-progress' && grows && compares(one.bytes, comparison, bytes);
}

function wasTransferred({ verb, outcome }: LinkClosed): boolean {
  return verb !== null && outcome !== 'refused' && outcome !== 'unused';
}

function compares(left: LinkProgress['bytes'], comparison: Comparison, right: number): boolean {
  switch (comparison) {
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '=':
      return left === right;
    case '>=':
      return left >= right;
    case '>':
      return left > right;
  }
}
