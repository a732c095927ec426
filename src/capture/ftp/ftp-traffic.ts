// Every connection of a capture finds its part here: a session's control connection, the carrier of a transfer, or nothing that
// has to do with FTP. Events in, observations out, in the order of the capture.
import type { Observation } from '../../dialogue/observation.js';
import type { PayloadStore } from '../../dialogue/payload-sink.js';
import { type CapturedConnection, type ConnectionEnd, type ConnectionEvent, otherEnd } from '../connection-event.js';
import { Candidate, Undecided } from './candidate.js';
import { CapturedSession } from './captured-session.js';
import { sumUp } from './data-connection.js';
import { DataConnectionFinder } from './data-connection-finder.js';
import { DataTraffic } from './data-traffic.js';
import { LatePayloads } from './late-payloads.js';
import { ObservationOrder } from './observation-order.js';
import { PendingWrites } from './payload-keeping.js';
import type { RecognitionVerdict } from './recognition.js';
import { SharedBounds } from './shared-bounds.js';

/** A connection that no link has claimed by then is summed up no more. */
const UNCLAIMED_MS = 60_000;
/** A session that has ended on one side is over when nothing was captured of it for so long. */
const LAST_WORDS_MS = 10_000;

const FTP_DATA_PORT = 20;
const NO_SESSION = 'its control connection is not in the capture';
const OUT_OF_ORDER = 'the capture is not in the order of its times: some of it is shown out of that order';

export interface TrafficOptions {
  readonly showSecrets: boolean;
  /** Server ports on which FTP is taken for granted. */
  readonly ports?: readonly number[];
  readonly payloads?: PayloadStore;
  /** Whether each transfer's sha256 is wanted. Default: true. */
  readonly sums?: boolean;
  /** Nobody waits for what was captured last: everything can be brought into its order first. Default: false. */
  readonly mayHold?: boolean;
  /** Told of transfers whose bytes were there, and are not kept. */
  readonly unsaved?: (line: string) => void;
  /** Told of bounds that were reached. */
  readonly notice: (line: string) => void;
}

export class FtpTraffic {
  /** How many connections spoke another protocol, by its name. */
  readonly otherProtocols = new Map<string, number>();
  /** How many connections to FTP's port are not shown, by the reason in words. */
  readonly notShown = new Map<string, number>();
  sessionCount = 0;
  private readonly late: LatePayloads;
  private readonly order: ObservationOrder;
  private readonly writes: PendingWrites | null;
  private readonly finder: DataConnectionFinder;
  private readonly data: DataTraffic;
  private readonly roles = new Map<CapturedConnection, ControlRole | Candidate>();
  private readonly sessions = new Map<number, CapturedSession>();
  private readonly undecided = new Undecided();
  private readonly bounds: SharedBounds;
  /** Sessions whose end is known, and when that was. */
  private readonly ending = new Map<CapturedSession, number>();
  /** Not later than the first of these times: nothing is to be done before it has gone by. */
  private endingSince = Number.NEGATIVE_INFINITY;
  private place = 0;
  private now = 0;
  private latest = 0;

  constructor(private readonly options: TrafficOptions) {
    this.bounds = new SharedBounds(options.notice);
    this.order = new ObservationOrder({
      mayHold: options.mayHold ?? false,
      completed: (observation) => this.late.named(observation),
      whenLate: () => this.bounds.tell(OUT_OF_ORDER),
    });
    this.late = new LatePayloads(options.unsaved ?? options.notice);
    this.writes = options.payloads === undefined ? null : new PendingWrites(this.order.numbering(options.payloads));
    const carries = (candidate: Candidate) => this.undecided.remove(candidate);
    this.finder = new DataConnectionFinder(this.writes, this.late, carries);
    this.data = new DataTraffic(this.sessions);
  }

  /** Takes the next event. What has to be waited for before the one after it comes back as a promise. */
  take(event: ConnectionEvent): Promise<void> | null {
    this.place += 1;
    this.order.place = this.place;
    this.now = event.at;
    this.latest = Math.max(this.latest, event.at);
    this.settleEnded();
    if (event.kind === 'opened') return this.open(event);
    const role = this.roles.get(event.connection);
    if (role === undefined) return null;
    if (event.kind === 'closed') this.roles.delete(event.connection);
    if (role instanceof ControlRole) role.take(this.asKnown(event));
    else if (role.link !== null) return this.data.take(role, event);
    else this.takeUnknown(role, event);
    return null;
  }

  /** What can be told by now. Rejects when a payload cannot be kept. */
  async release(): Promise<Observation[]> {
    await this.writes?.settle();
    return this.order.take(this.undecided.blockedFrom(this.now));
  }

  /** The capture is over: what is still open ends here. */
  async end(): Promise<Observation[]> {
    for (const candidate of this.finder.unclaimed()) this.showWithoutSession(candidate);
    for (const session of this.sessions.values()) session.captureEnds(this.latest);
    await this.writes?.settle();
    return this.order.takeAll();
  }

  private settleEnded(): void {
    if (this.latest - this.endingSince < LAST_WORDS_MS) return;
    for (const [session, since] of this.ending) {
      this.endingSince = since;
      if (this.latest - since < LAST_WORDS_MS) return;
      this.ending.delete(session);
      if (!session.settle()) this.ending.set(session, this.latest);
    }
    this.endingSince = this.latest;
  }

  /** That nothing more comes of a connection is known now, and not when its last segment came. */
  private asKnown(event: ConnectionEvent): ConnectionEvent {
    return event.kind === 'closed' && event.why !== 'ended' ? { ...event, at: this.latest } : event;
  }

  private open(event: Extract<ConnectionEvent, { kind: 'opened' }>): null {
    const { connection } = event;
    const { sums = true } = this.options;
    const candidate = new Candidate(connection, this.place, sums, this.writes === null ? null : this.bounds);
    this.roles.set(connection, candidate);
    const server = this.forcedServer(connection);
    candidate.hold(event, this.place);
    if (server !== null) this.becomesSession(candidate, server);
    else if (!this.finder.opened(candidate)) this.undecided.add(candidate);
    return null;
  }

  private forcedServer({ initiator, responder, sawHandshake }: CapturedConnection): ConnectionEnd | null {
    const { ports = [] } = this.options;
    if (ports.includes(responder.port)) return 'responder';
    return !sawHandshake && ports.includes(initiator.port) ? 'initiator' : null;
  }

  /** Neither control connection nor anybody's data yet. */
  private takeUnknown(candidate: Candidate, event: ConnectionEvent): void {
    const { recognition } = candidate;
    if (candidate.watched && recognition === null) sumUp(candidate.data, event);
    if (candidate.watched || recognition !== null) candidate.hold(event, this.place);
    if (recognition === null) return this.takeOther(candidate, event);
    if (event.kind === 'bytes') this.undecided.grow(candidate, event.bytes.length);
    const verdict = verdictOf(recognition, event);
    if (verdict !== null) this.decide(candidate, verdict);
    const { overdue } = this.undecided;
    if (!overdue?.recognition) return;
    this.bounds.tell(
      'too many connections at once that may be FTP: the oldest of them are judged by what they said so far',
    );
    this.decide(overdue, overdue.recognition.finish());
  }

  private takeOther(candidate: Candidate, event: ConnectionEvent): void {
    const { openedAt, initiator, responder } = candidate.connection;
    if (event.at - openedAt < UNCLAIMED_MS || !candidate.watched) return;
    if (initiator.port === FTP_DATA_PORT || responder.port === FTP_DATA_PORT) return;
    candidate.unwatch();
    this.finder.forget(candidate);
  }

  private decide(candidate: Candidate, verdict: RecognitionVerdict): void {
    if (verdict.kind === 'undecided') return;
    this.undecided.remove(candidate);
    if (verdict.kind === 'ftp') return this.becomesSession(candidate, verdict.server);
    candidate.isOther(verdict.protocol);
    const { protocol } = verdict;
    if (candidate.isToFtpPort) count(this.notShown, candidate.whyNotShown(protocol));
    if (protocol !== null) count(this.otherProtocols, protocol);
    if (candidate.watched) this.finder.offerToUnseen(candidate);
    else this.finder.forget(candidate);
  }

  private becomesSession(candidate: Candidate, serverEnd: ConnectionEnd): void {
    const { connection, events } = candidate;
    this.finder.forget(candidate);
    this.order.place = candidate.place;
    const session = this.startSession(connection, serverEnd);
    const role = new ControlRole(session, serverEnd);
    if (events?.at(-1)?.event.kind !== 'closed') this.roles.set(connection, role);
    for (const { event, place } of events ?? []) {
      this.order.place = place;
      role.take(event);
    }
    candidate.forget();
    this.order.place = this.place;
  }

  /** A connection from FTP's data port that no session of the capture has asked for: a link all the same. */
  private showWithoutSession(candidate: Candidate): void {
    const { connection, data, recognition } = candidate;
    const serverEnd = connection.initiator.port === FTP_DATA_PORT ? 'initiator' : 'responder';
    if (connection[serverEnd].port !== FTP_DATA_PORT || (connection.sawHandshake && serverEnd === 'responder')) return;
    if (data.bytes === 0 && recognition === null) return;
    const session = this.startSession(connection, serverEnd);
    session.links.attachUnseen(data, 'active', NO_SESSION);
    data.close();
    session.endsUnseen(data.streams[serverEnd].lastAt ?? connection.openedAt, NO_SESSION);
  }

  private startSession(connection: CapturedConnection, serverEnd: ConnectionEnd): CapturedSession {
    const identity = {
      key: connection.number,
      client: connection[otherEnd(serverEnd)],
      server: connection[serverEnd],
      openedAt: connection.openedAt,
      fromTheStart: connection.sawHandshake,
    };
    const session = new CapturedSession(identity, {
      showSecrets: this.options.showSecrets,
      observe: (observation) => this.order.add(observation),
      finder: this.finder,
      bounds: this.bounds,
      whenEnding: (one) => this.ending.set(one, this.latest),
      whenOver: (over) => this.forgetSession(over),
    });
    this.sessionCount += 1;
    this.sessions.set(identity.key, session);
    this.finder.sessionOpened(session);
    return session;
  }

  private forgetSession(session: CapturedSession): void {
    this.ending.delete(session);
    this.sessions.delete(session.identity.key);
    this.finder.sessionOver(session);
  }
}

function count(counts: Map<string, number>, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

/** What an event adds to what is known of a connection; null when it adds nothing. */
function verdictOf(
  recognition: NonNullable<Candidate['recognition']>,
  event: ConnectionEvent,
): RecognitionVerdict | null {
  if (event.kind === 'bytes') return recognition.take(event.from, event.bytes);
  if (event.kind === 'lost') recognition.lose(event.from);
  return event.kind === 'closed' ? recognition.finish() : null;
}

/** A connection that is a session's control connection: its events are the session's. */
class ControlRole {
  constructor(
    readonly session: CapturedSession,
    private readonly serverEnd: ConnectionEnd,
  ) {}

  take(event: ConnectionEvent): void {
    const { session } = this;
    if (event.kind === 'opened') return;
    if (event.kind === 'closed') return session.closed(event.why, event.at);
    if (event.kind === 'secured') return session.secured(event.tls, event.at);
    const side = event.from === this.serverEnd ? 'server' : 'client';
    switch (event.kind) {
      case 'bytes':
        return session.take(side, event.bytes, event.at);
      case 'lost':
        return session.lost(side, event.bytes, event.at);
      case 'conflict':
        return session.contradicted(side, event.bytes, event.at);
      case 'ended':
        return session.ended(side, event.how, event.at);
    }
  }
}
