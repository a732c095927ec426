// Observations in words: one in, the lines that tell it out. Knows no layout, and remembers nothing between
// observations.
import { isEpsvAll } from '../dialogue/announced-port.js';
import type {
  CertificateSummary,
  CommandSeen,
  Gap,
  HeldReply,
  LegFacts,
  LinkClosed,
  LinkFacts,
  LinkOpened,
  LinkProgress,
  Noise,
  Observation,
  ReplySeen,
  Rewrite,
  ServerChosen,
  ServerConnected,
  SessionClosed,
  SessionNote,
  SessionOpened,
  TlsSeen,
  Violation,
} from '../dialogue/observation.js';
import { sessionEndWords } from '../dialogue/session-causes.js';
import { type Endpoint, formatEndpoint } from '../protocol/endpoint.js';
import { type Meaning, verbFacts } from '../protocol/verbs.js';
import { escapeForTerminal, readableText } from '../protocol/wire-text.js';
import { meaningSaidBy } from './explanations.js';
import { findingLine } from './findings.js';
import type { Ink, PlainLine } from './line.js';
import { formatBytes, formatCount, formatDuration } from './quantities.js';

/** Longer text from the wire is cut here: nobody reads a line of 16 KiB, and the transcript file has all of it. */
const MAX_TEXT_CHARACTERS = 400;

/** Between the facts of one line. */
export const GAP = '   ';

/** One-character-a-byte text from a peer, made safe and readable, and cut when it is long. */
export function shown(wireText: string): string {
  const text = readableText(wireText);
  if (text.length <= MAX_TEXT_CHARACTERS) return text;
  const kept = text.slice(0, MAX_TEXT_CHARACTERS).replace(/[\ud800-\udbff]$/, '');
  return `${kept} [and ${formatCount(text.length - kept.length, 'more character')}]`;
}

/** What is told of a session besides commands, replies and data links: one line each. */
export type Note = Exclude<
  Observation,
  CommandSeen | ReplySeen | HeldReply | Rewrite | LinkOpened | LinkProgress | LinkClosed
>;

export function noteLine(note: Note): PlainLine {
  switch (note.kind) {
    case 'session-opened':
      return sessionOpenedLine(note);
    case 'server-chosen':
      return serverChosenLine(note);
    case 'server-connected':
      return serverConnectedLine(note);
    case 'noise':
      return noiseLine(note);
    case 'tls':
      return tlsLine(note);
    case 'violation':
      return violationLine(note);
    case 'note':
      return sessionNoteLine(note);
    case 'finding':
      return findingLine(note);
    case 'gap':
      return gapLine(note);
    case 'session-closed':
      return sessionClosedLine(note);
  }
}

function sessionOpenedLine({ client, server, how, via }: SessionOpened): PlainLine {
  const origin = how === 'reverse' ? '' : ` (${how})`;
  const brought = via === undefined ? '' : `, brought by ${endpoint(via)}`;
  const target = server === null ? '' : ` -> ${endpoint(server)}`;
  return plain(`${endpoint(client)}${target}${GAP}session opened${origin}${brought}`);
}

function serverChosenLine({ server }: ServerChosen): PlainLine {
  return plain(`client asks for the server ${endpoint(server)}`);
}

function serverConnectedLine({ remote, local, durationMs }: ServerConnected): PlainLine {
  return detail(`connected to ${endpoint(remote)} from ${endpoint(local)} in ${formatDuration(durationMs)}`);
}

/** Handshakes on data connections say something new only when they fail, or could not resume. */
export function tlsToldByDefault({ leg, failure, resumed }: TlsSeen): boolean {
  return leg === 'control' || failure !== null || !resumed;
}

function tlsLine(tls: TlsSeen): PlainLine {
  const where = tls.leg === 'control' ? `with the ${tls.side}` : `on data link ${tls.link} with the ${tls.side}`;
  const asked = tls.serverName === null ? [] : [`asked for ${shown(tls.serverName)}`];
  const shows = [...asked, ...(tls.certificate === null ? [] : [`certificate ${certificateWords(tls.certificate)}`])];
  if (tls.failure !== null) {
    const advice = tls.side === 'server' ? certificateAdvice(tls.failure) : null;
    const text = [`TLS ${where} failed: ${shown(tls.failure)}`, ...shows].join(GAP);
    return { mark: '!!', text, ink: 'violation', ...(advice === null ? {} : { note: advice }) };
  }
  const facts = [
    `TLS ${where}: ${shown(`${tls.protocol ?? ''} ${tls.cipher ?? ''}`)}`.trimEnd(),
    tls.resumed ? 'resumed' : 'new session',
    ...(tls.early ? ['before the transfer command, when few servers answer'] : []),
  ];
  return plain([...facts, ...shows].join(GAP));
}

/** What to do where a server's certificate cannot be verified; null for other failures of TLS. */
export function certificateAdvice(failure: string): string | null {
  if (/^its certificate is for another name/.test(failure)) {
    return 'give the name in the certificate with --server-name NAME, or accept any certificate with --insecure';
  }
  if (!/^its certificate|^the (signature|key) of its/.test(failure)) return null;
  return 'trust its authority with --server-ca FILE, or accept any certificate with --insecure';
}

function certificateWords({ subject, issuer, validTo }: CertificateSummary): string {
  return shown(`${subject}, issued by ${issuer}, valid to ${validTo}`);
}

function sessionClosedLine(closed: SessionClosed): PlainLine {
  const counts = [
    formatDuration(closed.durationMs),
    formatCount(closed.commands, 'command'),
    formatCount(closed.links, 'data link'),
    `${formatBytes(closed.bytesDown)} down`,
    `${formatBytes(closed.bytesUp)} up`,
  ];
  return plain(`${sessionEndWords(closed)}: ${shown(closed.reason)}${GAP}${counts.join(', ')}`);
}

/** Without a `note`, the verb's meaning is shown for verbs that need it, or for all when `verbose`. */
export function commandLine(command: CommandSeen, verbose: boolean, note?: string): PlainLine {
  const meaning = note ?? meaningOf(command, verbose);
  const words = meaningSaidBy(meaning, command.by);
  // Where the meaning begins with who does it, that is said already.
  const asked = command.by === 'proxy' && typeof meaning === 'string' ? [words, 'asked by the proxy'] : [words];
  const told = asked.filter((text) => text !== '').join(', ');
  return { mark: '->', text: shown(command.line), ink: 'default', note: told };
}

function meaningOf({ verb, argument }: CommandSeen, verbose: boolean): Meaning {
  const facts = verbFacts(verb);
  if (isEpsvAll({ verb, argument })) return { does: 'will use EPSV and nothing else' };
  if (facts === undefined) return verbose ? 'not in the table of verbs' : '';
  return verbose || facts.announces !== undefined || facts.obscure ? facts.meaning : '';
}

/** A reply's lines stand below each other; code and latency are those of the first. */
export function replyLines(reply: ReplySeen, note: string): PlainLine[] {
  const ink = inkOfReply(reply.code);
  const lines: PlainLine[] = reply.lines.map((line, index) => {
    const text = shown(line);
    if (index > 0) return { mark: '  ', text, ink };
    const latency = reply.latencyMs === null ? '' : formatDuration(reply.latencyMs);
    return { mark: '<-', text, ink, latency, note };
  });
  if (reply.omittedLines !== undefined && reply.omittedLines > 0) {
    lines.push({ mark: '  ', text: `[and ${formatCount(reply.omittedLines, 'more line')}]`, ink: 'dim' });
  }
  return lines;
}

const INK_BY_CLASS: readonly Ink[] = [
  'default',
  'preliminary',
  'completion',
  'intermediate',
  'transient-negative',
  'permanent-negative',
];

function inkOfReply(code: number): Ink {
  return INK_BY_CLASS[Math.floor(code / 100)] ?? 'default';
}

/** Who listens where, what the other peer was told, and what was done differently from what was announced. */
export function rewriteNote({ what, announced, used, given, why }: Rewrite): string {
  const fromClient = what === 'PORT' || what === 'EPRT';
  const [owner, told] = fromClient ? ['client', 'server'] : ['server', 'client'];
  const note = `${owner} listens at ${endpoint(announced)}, given to the ${told} as ${endpoint(given)}`;
  const differs = announced.address !== used.address || announced.port !== used.port;
  return differs ? `${note} (${shown(why)})` : note;
}

/** A rewrite that is not told on the line of its command or reply. */
export function rewriteLine(rewrite: Rewrite): PlainLine {
  return { mark: '--', text: `${rewrite.what}: ${rewriteNote(rewrite)}`, ink: 'default' };
}

/** IAC IP (RFC 854): the client asks for attention, for ABOR or as it leaves. */
const INTERRUPT = '\xff\xf4';

function noiseLine({ from, what, line }: Noise): PlainLine {
  const telnet = line.includes(INTERRUPT) ? 'Telnet interrupt' : 'Telnet bytes';
  const label = what === 'telnet' ? `${telnet} from the ${from}` : `from the ${from}, no FTP`;
  return { mark: '??', text: `${label}: ${shown(line)}`, ink: 'violation' };
}

function violationLine({ side, code, detail: what, action }: Violation): PlainLine {
  return { mark: '!!', text: `${shown(what)}; ${shown(action)}`, ink: 'violation', note: `${side}, ${shown(code)}` };
}

function sessionNoteLine({ side, code, detail: what }: SessionNote): PlainLine {
  return { mark: '--', text: shown(what), ink: 'intermediate', note: `${side}, ${shown(code)}` };
}

function gapLine({ side, link, bytes }: Gap): PlainLine {
  const where = link === null ? 'the control connection' : `data link ${link}`;
  const what = `${formatBytes(bytes)} from the ${side} on ${where} are missing from the capture`;
  return { mark: '!!', text: what, ink: 'violation' };
}

export function linkOpenedLine(link: LinkFacts): PlainLine {
  return detail(`link ${link.link} opened${GAP}${legsFacts(link)}`);
}

export function linkProgressLine(link: LinkProgress): PlainLine {
  const facts = link.state === 'transferring' && link.bytes > 0 ? `${formatBytes(link.bytes)} so far` : legsFacts(link);
  return detail(`link ${link.link} ${link.state}${GAP}${facts}`);
}

/** In a capture there is no proxy: both legs are the same connection. */
function legsFacts({ client, server }: LinkFacts): string {
  const isRelayed = client.local !== null || server.local !== null || client.mode !== server.mode;
  if (isRelayed) return `${legFacts('client', client)}${GAP}${legFacts('server', server)}`;
  return `${client.mode}, client ${endpointOrNone(client.remote)}, server ${endpointOrNone(server.remote)}`;
}

function legFacts(side: string, { mode, local, remote }: LegFacts): string {
  return `${side} leg ${mode}, proxy ${endpointOrNone(local)}, ${side} ${endpointOrNone(remote)}`;
}

const endpointOrNone = (known: LegFacts['local']) => (known === null ? 'not yet' : endpoint(known));

function plain(text: string): PlainLine {
  return { mark: '', text, ink: 'default' };
}

/** What only a verbose transcript tells. */
function detail(text: string): PlainLine {
  return { mark: '--', text, ink: 'dim' };
}

function endpoint(value: Endpoint): string {
  return escapeForTerminal(formatEndpoint(value));
}
