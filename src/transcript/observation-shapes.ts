// Which fields an observation of each kind must bear, and of which type: what comes out of a file is believed only then.
// Written out field by field, as it is asked of every line of transcripts of gigabytes.
import type {
  Confidence,
  Evidence,
  Fault,
  HeldFor,
  HeldReplyState,
  LegFacts,
  LinkCause,
  LinkFacts,
  LinkOutcome,
  LinkState,
  Observation,
  Rewrite,
  SessionCause,
  SessionClosed,
  SessionOrigin,
  Severity,
} from '../dialogue/observation.js';
import type { Endpoint } from '../protocol/endpoint.js';
import { isConnectionFailure, isLegEnd, isStillness } from './connection-shapes.js';
import { isContent, isStatedSize } from './content-shapes.js';
import {
  type AllOf,
  hasFields,
  isCount,
  isFlag,
  isNumber,
  isOneOf,
  isSide,
  isText,
  isTexts,
  orAbsent,
  orNull,
  type Unchecked,
} from './shape-checks.js';
import { areTlsFacts, isAlert } from './tls-shapes.js';

type Kind = Observation['kind'];
type UncheckedKind<K extends Kind> = Unchecked<Omit<Extract<Observation, { kind: K }>, 'kind'>>;

/** More sessions than any run has; room for the numbers of many runs in one file. */
const MAX_SESSION_NUMBER = 1e9;
const MAX_PORT = 65_535;
/** Beyond it there is no date (ECMAScript, time values). */
const MAX_TIME_MS = 8.64e15;

/** Whether a value from a file is an observation of that kind. */
export function isObservationOf(kind: Kind, value: object): value is Observation {
  return isCommon(value) && CHECKS[kind](value);
}

export function isObservationKind(kind: string): kind is Kind {
  return Object.hasOwn(CHECKS, kind);
}

export function isSessionNumber(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MAX_SESSION_NUMBER;
}

export function isSessionCause(value: unknown): value is SessionCause {
  return isOneOf(SESSION_CAUSES, value);
}

export function isLinkCause(value: unknown): value is LinkCause {
  return isOneOf(LINK_CAUSES, value);
}

function isCommon({ session, at }: Unchecked<Observation>): boolean {
  return isSessionNumber(session) && typeof at === 'number' && Math.abs(at) <= MAX_TIME_MS;
}

const ORIGINS: AllOf<SessionOrigin> = { reverse: true, transparent: true, forward: true, capture: true, replay: true };
const REWRITTEN: AllOf<Rewrite['what']> = { PORT: true, EPRT: true, '227': true, '229': true };
const HELD_FOR: AllOf<HeldFor> = { data: true, 'data-port': true, tls: true, order: true };
const HELD_STATES: AllOf<HeldReplyState> = { waiting: true, delivered: true, replaced: true, dropped: true };
const LINK_STATES: AllOf<LinkState> = { announced: true, connecting: true, transferring: true, finishing: true };
const LINK_OUTCOMES: AllOf<LinkOutcome> = {
  complete: true,
  refused: true,
  aborted: true,
  failed: true,
  unused: true,
  unseen: true,
};
const LINK_CAUSES: AllOf<LinkCause> = {
  ...{ 'refused-by-server': true, 'aborted-by-client': true, 'failed-by-server': true, 'no-final-reply': true },
  ...{
    'client-did-not-connect': true,
    'server-did-not-connect': true,
    'no-data-connection': true,
    'no-port': true,
    'taken-back': true,
  },
  ...{ 'client-unreachable': true, 'server-unreachable': true, 'client-broke': true, 'server-broke': true },
  ...{ 'tls-failed': true, stalled: true, replaced: true, 'session-ended': true, stopped: true },
  ...{ 'no-end-of-data': true },
  ...{ 'recording-failed': true, 'missing-from-capture': true, encrypted: true, unknown: true },
};
const CLOSED_BY: AllOf<SessionClosed['by']> = { client: true, server: true, proxy: true, capture: true };
const SESSION_CAUSES: AllOf<SessionCause> = {
  ...{ quit: true, closed: true, lost: true, 'no-greeting': true, 'no-reply': true, 'no-login': true, idle: true },
  ...{
    'line-too-long': true,
    'reply-too-long': true,
    'not-ftp': true,
    unreachable: true,
    'turned-away': true,
    'no-server': true,
  },
  ...{ 'tls-refused': true, 'tls-failed': true },
  ...{ 'bad-proxy-header': true, 'proxy-loop': true, 'too-many-sessions': true },
  ...{ shutdown: true, stopped: true, 'recording-failed': true, 'internal-fault': true },
  ...{ 'capture-end': true, silent: true, 'not-followed': true, unknown: true },
};

const SEVERITY: AllOf<Severity> = { error: true, warning: true, note: true };
const CONFIDENCE: AllOf<Confidence> = { certain: true, likely: true, possible: true };
const FAULT: AllOf<Fault> = { client: true, server: true, network: true, proxy: true, unknown: true };

const CHECKS: { readonly [K in Kind]: (value: UncheckedKind<K>) => boolean } = {
  'session-opened': (it) =>
    isEndpoint(it.client) &&
    orNull(isEndpoint, it.server) &&
    isOneOf(ORIGINS, it.how) &&
    orNull(isEndpoint, it.listener) &&
    orAbsent(isEndpoint, it.via),
  'server-chosen': (it) => isEndpoint(it.server),
  'server-connected': (it) => isEndpoint(it.remote) && isEndpoint(it.local) && isNumber(it.durationMs),
  command: (it) =>
    isCount(it.number) &&
    isText(it.verb) &&
    isText(it.argument) &&
    isText(it.line) &&
    orAbsent(isText, it.lineUtf8) &&
    orAbsent(isText, it.end) &&
    (it.by === undefined || it.by === 'proxy'),
  reply: (it) =>
    isCount(it.code) &&
    isTexts(it.lines) &&
    orAbsent(isTexts, it.linesUtf8) &&
    orAbsent(isTexts, it.ends) &&
    orAbsent(isCount, it.omittedLines) &&
    orNull(isCount, it.answers) &&
    orNull(isNumber, it.latencyMs) &&
    isFlag(it.preliminary) &&
    (it.by === 'server' || it.by === 'proxy') &&
    orAbsent(isHeldFor, it.held) &&
    orAbsent(isCount, it.replaces) &&
    orAbsent(isFlag, it.relayed) &&
    orAbsent(isFlag, it.unheard),
  'held-reply': (it) =>
    isOneOf(HELD_STATES, it.state) &&
    isCount(it.code) &&
    orNull(isCount, it.answers) &&
    isHeldFor(it.held) &&
    isNumber(it.heldMs),
  noise: (it) =>
    isSide(it.from) && (it.what === 'telnet' || it.what === 'line') && isText(it.line) && orAbsent(isText, it.end),
  rewrite: (it) =>
    isOneOf(REWRITTEN, it.what) &&
    isCount(it.link) &&
    isEndpoint(it.announced) &&
    isEndpoint(it.used) &&
    isEndpoint(it.given) &&
    isText(it.why),
  'link-opened': (it) => isLink(it),
  'link-progress': (it) => isLink(it) && isOneOf(LINK_STATES, it.state) && orAbsent(isStillness, it.stillness),
  'link-closed': (it) =>
    isLink(it) &&
    isOneOf(LINK_OUTCOMES, it.outcome) &&
    orNull(isLinkCause, it.cause) &&
    orNull(isText, it.reason) &&
    orAbsent(isConnectionFailure, it.failure) &&
    orAbsent(isStillness, it.stillness) &&
    orNull(isNumber, it.durationMs) &&
    orAbsent(isContent, it.content) &&
    orAbsent(isStatedSize, it.stated) &&
    orAbsent(isText, it.sha256) &&
    orAbsent(isText, it.payload),
  tls: (it) =>
    isSide(it.side) &&
    (it.leg === 'control' || it.leg === 'data') &&
    orNull(isCount, it.link) &&
    areTlsFacts(it) &&
    orAbsent(isFlag, it.early) &&
    orNull(isText, it.failure),
  violation: (it) =>
    isSide(it.side) &&
    isText(it.code) &&
    isText(it.detail) &&
    isText(it.action) &&
    orAbsent(isText, it.protocol) &&
    orAbsent(isCount, it.link),
  note: (it) => isSide(it.side) && isText(it.code) && isText(it.detail),
  finding: (it) =>
    isText(it.diagnosis) &&
    isOneOf(SEVERITY, it.severity) &&
    isOneOf(CONFIDENCE, it.confidence) &&
    orNull(isSide, it.leg) &&
    isOneOf(FAULT, it.fault) &&
    orNull(isCount, it.link) &&
    (it.mended === undefined || it.mended === true) &&
    Array.isArray(it.evidence) &&
    it.evidence.every(isEvidence) &&
    isText(it.title) &&
    isText(it.cause) &&
    isFix(it.fix),
  gap: (it) => isSide(it.side) && orNull(isCount, it.link) && isCount(it.bytes),
  'session-closed': (it) =>
    isOneOf(CLOSED_BY, it.by) &&
    isSessionCause(it.cause) &&
    isText(it.reason) &&
    orAbsent(isConnectionFailure, it.failure) &&
    orAbsent(isAlert, it.alert) &&
    isNumber(it.durationMs) &&
    isCount(it.commands) &&
    isCount(it.links) &&
    isCount(it.bytesDown) &&
    isCount(it.bytesUp),
};

function isLink(it: Unchecked<LinkFacts>): boolean {
  return (
    isCount(it.link) &&
    isLeg(it.client) &&
    isLeg(it.server) &&
    orNull(isText, it.verb) &&
    orNull(isText, it.path) &&
    orAbsent(isText, it.pathUtf8) &&
    (it.direction === null || it.direction === 'download' || it.direction === 'upload') &&
    isCount(it.bytes)
  );
}

function isLeg(value: unknown): boolean {
  if (!hasFields(value)) return false;
  const { mode, local, remote, ended }: Unchecked<LegFacts> = value;
  const stands = orNull(isEndpoint, local) && orNull(isEndpoint, remote);
  return (mode === 'active' || mode === 'passive') && stands && orAbsent(isLegEnd, ended);
}

function isEndpoint(value: unknown): boolean {
  if (!hasFields(value)) return false;
  const { address, port }: Unchecked<Endpoint> = value;
  return isText(address) && isCount(port) && port <= MAX_PORT;
}

function isEvidence(value: unknown): boolean {
  if (!hasFields(value)) return false;
  const { kind, at, text }: Unchecked<Evidence> = value;
  return isText(kind) && isNumber(at) && isText(text);
}

function isFix(value: unknown): boolean {
  return hasFields(value) && Object.values(value).every(isText);
}

function isHeldFor(value: unknown): boolean {
  return isOneOf(HELD_FOR, value);
}
