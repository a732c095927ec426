// What a replay sends: of each recorded command, whether it goes out as it was, in another form, or not at all, and why. Pure:
// the same script is played, or shown and not played.
import { faultOfPort, isEpsvAll, namedPort, type PortFault } from '../../dialogue/announced-port.js';
import type { LegMode } from '../../dialogue/observation.js';
import { MASK, maskedLine } from '../../protocol/command.js';
import { type Direction, verbFacts } from '../../protocol/verbs.js';
import { beginsInMidSession, directionOf, type RecordedExchange, type RecordedSession } from './recorded-session.js';
import { preparesNext, UPLOADS_WHAT_IS_HELD, WRITES_NOTHING, WriteGuard, type WriteVerdict } from './write-guard.js';

/** TLS towards the server: as recorded, always, never. */
export type ReplayTls = (typeof REPLAY_TLS)[number];
export const REPLAY_TLS = ['same', 'require', 'off'] as const;

export interface ScriptOptions {
  readonly allowWrites: boolean;
  /** Null: as recorded. */
  readonly mode: LegMode | null;
  /** Null: as recorded. */
  readonly user: string | null;
  readonly password: string | null;
  readonly tls: ReplayTls;
  /** The server speaks TLS from the first byte. */
  readonly implicitTls: boolean;
  /** What was wrong with the client's data ports in the recording is put right. */
  readonly mend?: boolean;
}

/** A command, and in what form it is replayed. */
export type Step = {
  readonly exchange: RecordedExchange;
  /** What it lists is not what was recorded: something that changes the server was left out. */
  readonly unlike: boolean;
} & Action;

type Action =
  /** The line without its end; `shown` has its secret masked. */
  | { readonly kind: 'send'; readonly line: string; readonly shown: string }
  /** A data port: PORT or PASV over IPv4 where `extended` is false, EPRT or EPSV otherwise. */
  | { readonly kind: 'announce'; readonly mode: LegMode; readonly extended: boolean; readonly translated: boolean }
  /** A port of the client's that is not its own, or none: sent as it was, with why that is remarkable. Nothing is transferred over it. */
  | { readonly kind: 'misname'; readonly line: string; readonly fault: string }
  | { readonly kind: 'transfer'; readonly line: string; readonly direction: Direction; readonly ends: TransferEnd }
  | { readonly kind: 'encrypt' }
  | { readonly kind: 'skip'; readonly why: string };

/** Who ended the transfer: the one who sends, the client by closing its data connection, or the client by ABOR. */
type TransferEnd = 'sender' | 'client' | 'abor';

export interface Script {
  readonly session: RecordedSession;
  /** When TLS begins: with the first byte, behind the greeting, with the recorded AUTH, never. */
  readonly encrypts: 'implicit' | 'at-start' | 'as-recorded' | 'never';
  /** Nobody in the recording asks for data connections to be encrypted, so it has to be asked for besides. */
  readonly protectsData: boolean;
  /** The recording begins behind the login, which comes first. */
  readonly logsInAs: string | null;
  /** Given to a server that asks for one where the recorded server did not. */
  readonly password: string | null;
  readonly steps: readonly Step[];
}

export function scriptOf(session: RecordedSession, options: ScriptOptions): Script {
  const encrypts = encryption(session, options);
  const guard = new WriteGuard(options.allowWrites ? UPLOADS_WHAT_IS_HELD : WRITES_NOTHING);
  const aborted = new Set(
    session.exchanges.flatMap(({ verb, during }) => (verb === 'ABOR' ? during.map(({ number }) => number) : [])),
  );
  const judged = session.exchanges.map((exchange): Step => {
    const verdict = guard.judge(exchange);
    const action = skippedFor(verdict) ?? actionOf(exchange, encrypts, { ...options, aborted, session });
    return { exchange, unlike: verdict.kind === 'send-unlike', ...action };
  });
  const steps = judged.map((step, index) => withWhatItPrepares(step, preparedBy(judged, index)));
  const isOurs = encrypts === 'at-start' || encrypts === 'implicit';
  const protectsData = isOurs && session.exchanges.every(({ verb }) => verb !== 'PROT');
  const { user, password } = options;
  return { session, encrypts, protectsData, logsInAs: beginsInMidSession(session) ? user : null, password, steps };
}

/** Whether a login in the session cannot be repeated, as its password is masked and no other is given. */
export function lacksPassword({ exchanges }: RecordedSession, { password }: ScriptOptions): boolean {
  return password === null && exchanges.some(({ verb, argument }) => verb === 'PASS' && argument === MASK);
}

function encryption(session: RecordedSession, { tls, implicitTls }: ScriptOptions): Script['encrypts'] {
  if (implicitTls) return 'implicit';
  if (tls === 'off' || (tls === 'same' && !session.encrypted)) return 'never';
  return session.exchanges.some(asksForTls) ? 'as-recorded' : 'at-start';
}

function asksForTls({ verb, argument }: RecordedExchange): boolean {
  return verb === 'AUTH' && /^(?:TLS|TLS-C|SSL|TLS-P)$/i.test(argument);
}

/** What a command of preparation stands ahead of: the next transfer, with nothing but other preparation in between. */
function preparedBy(steps: readonly Step[], index: number): Step | null {
  for (let at = index; ; at += 1) {
    const step = steps[at];
    if (step === undefined) return null;
    if (preparesNext(step.exchange) || (at > index && PASSED_OVER.has(step.exchange.verb))) continue;
    return at > index && directionOf(step.exchange.verb) !== null ? step : null;
  }
}

/** What is said for a transfer alone is left out with it. */
function withWhatItPrepares(step: Step, prepared: Step | null): Step {
  if (prepared?.kind !== 'skip' || step.kind === 'skip') return step;
  const why = `it belongs to ${maskedLine(prepared.exchange)}`;
  return { exchange: step.exchange, unlike: false, kind: 'skip', why };
}

/** May stand between preparation and transfer, and are of no account for either. */
const PASSED_OVER = new Set(['TYPE', 'NOOP', 'MODE', 'STRU']);

function skippedFor(verdict: WriteVerdict): Action | null {
  switch (verdict.kind) {
    case 'send':
    case 'send-unlike':
      return null;
    case 'withheld':
      return { kind: 'skip', why: verdict.why };
    case 'depends':
      return { kind: 'skip', why: `it belongs to ${maskedLine(verdict.on)}` };
  }
}

/** They speak of encryption, and mean nothing without it. */
const OF_ENCRYPTION = new Set(['AUTH', 'PBSZ', 'PROT', 'CCC', 'SSCN', 'ADAT', 'MIC', 'CONF', 'ENC']);

interface ActionOptions extends ScriptOptions {
  /** Numbers of the commands that were being answered when ABOR was sent. */
  readonly aborted: ReadonlySet<number>;
  readonly session: RecordedSession;
}

function actionOf(exchange: RecordedExchange, encrypts: Script['encrypts'], options: ActionOptions): Action {
  const { verb, line } = exchange;
  const { user, password } = options;
  if (OF_ENCRYPTION.has(verb)) return ofEncryption(exchange, encrypts);
  if (verb === 'USER' && user !== null) return { kind: 'send', line: `USER ${user}`, shown: `USER ${user}` };
  if (verb === 'PASS' && password !== null) return { kind: 'send', line: `PASS ${password}`, shown: `PASS ${MASK}` };
  if (exchange.argument.endsWith(MASK)) return { kind: 'skip', why: 'the recording has its secret masked' };
  const toServer = options.session.forwarded ? withoutServerName(exchange) : line;
  if (toServer === null) return { kind: 'skip', why: 'it named the server to the proxy' };
  if (toServer !== line) return { kind: 'send', line: toServer, shown: toServer };
  const announces = verbFacts(verb)?.announces;
  if (announces === 'unsupported') return { kind: 'skip', why: 'this form of data port is not supported' };
  if (isEpsvAll(exchange)) return promisingEpsv(exchange, options.mode);
  if (announces !== undefined) return misnaming(exchange, options) ?? announcing(announces, options.mode);
  const direction = directionOf(verb);
  if (direction !== null) return { kind: 'transfer', line, direction, ends: endOf(exchange, options.aborted) };
  return { kind: 'send', line, shown: maskedLine(exchange) };
}

/** What a client told its server through a proxy that it had told which one that is: null where that was all it said. */
function withoutServerName({ verb, line, replies }: RecordedExchange): string | null {
  const forProxy = replies.length > 0 && replies.every(({ byProxy }) => byProxy);
  if (verb === 'USER') return line.slice(0, line.includes('@') ? line.lastIndexOf('@') : line.length);
  return forProxy && (verb === 'OPEN' || verb === 'SITE') ? null : line;
}

function endOf({ number, transfer }: RecordedExchange, aborted: ReadonlySet<number>): TransferEnd {
  if (transfer?.outcome !== 'aborted') return 'sender';
  return aborted.has(number) ? 'abor' : 'client';
}

function ofEncryption(exchange: RecordedExchange, encrypts: Script['encrypts']): Action {
  const { verb, line } = exchange;
  if (encrypts === 'never') return { kind: 'skip', why: 'it is replayed in the clear' };
  if (verb === 'AUTH') {
    if (encrypts === 'as-recorded' && asksForTls(exchange)) return { kind: 'encrypt' };
    return { kind: 'skip', why: 'the connection is encrypted already' };
  }
  if (verb === 'PBSZ' || verb === 'PROT') return { kind: 'send', line, shown: line };
  return { kind: 'skip', why: 'it is not supported' };
}

/** EPSV ALL (RFC 2428 section 4): from here on the server need not listen to PORT and EPRT. */
function promisingEpsv({ line }: RecordedExchange, mode: LegMode | null): Action {
  if (mode === 'active') return { kind: 'skip', why: 'it would forbid active data connections' };
  return { kind: 'send', line, shown: line };
}

/**
 * A client's port that its server had no reason to take. A server that takes this one would connect to wherever the recording says (the
 * bounce attack, RFC 2577 section 3), so no transfer is asked for then. Null for its own port, and where a proxy gave the server another.
 */
function misnaming({ verb, argument, line }: RecordedExchange, { mode, mend, session }: ActionOptions): Action | null {
  if (mend || mode !== null || session.relayed || (verb !== 'PORT' && verb !== 'EPRT')) return null;
  const named = namedPort(verb, argument, session.client.address);
  const fault = named.kind === 'port' ? faultOfPort(named.endpoint, [session.client.address]) : named.kind;
  return fault === null ? null : { kind: 'misname', line, fault: FAULTS[fault] };
}

const FAULTS: Readonly<Record<PortFault | 'malformed' | 'unknown-family', string>> = {
  'foreign-address': 'it names a foreign address',
  'privileged-port': 'it names a port below 1024',
  malformed: 'it names no port',
  'unknown-family': 'it names an unknown address family',
};

function announcing(form: 'PORT' | 'EPRT' | '227' | '229', mode: LegMode | null): Action {
  const recorded: LegMode = form === 'PORT' || form === 'EPRT' ? 'active' : 'passive';
  const extended = form === 'EPRT' || form === '229';
  return { kind: 'announce', mode: mode ?? recorded, extended, translated: mode !== null && mode !== recorded };
}
