// One session in short, as the list shows it: who, with whom, how far, how much. Fed with the session's observations.
import type {
  CommandSeen,
  LegMode,
  LinkFacts,
  Observation,
  ReplySeen,
  SessionClosed,
  Side,
} from '../../dialogue/observation.js';
import type { Endpoint } from '../../protocol/endpoint.js';
import { readableText } from '../../protocol/wire-text.js';
import { TransferMeter } from './transfer-meter.js';

/** How far a session is. */
export type SessionState = 'greeting' | 'login' | 'idle' | 'transferring' | 'closing' | 'closed' | 'failed';

const LOGGED_IN = 230;
const SERVICE_NOT_AVAILABLE = 421;
const NOT_LOGGED_IN = 530;

export class SessionCard {
  server: Endpoint | null = null;
  client: Endpoint | null = null;
  user: string | null = null;
  /** Which legs are encrypted. */
  readonly tls: Record<Side, boolean> = { client: false, server: false };
  /** Modes of the newest data link. */
  modes: Readonly<Record<Side, LegMode>> | null = null;
  commands = 0;
  /** Violations, gaps and warnings: worth a look, and no failure. */
  warnings = 0;
  openedAt: number;
  closed: SessionClosed | null = null;
  lastReply: ReplySeen | null = null;
  /** In a capture nothing stands between the two: what one side encrypts the other does. */
  private isRelayed = true;
  private greeted = false;
  private loggedIn = false;
  private quit = false;
  private refused = false;
  /** The newest USER, PASS or AUTH. */
  private asked: Pick<CommandSeen, 'number' | 'verb'> | null = null;
  /** The server's words to a login that it refused; null once one succeeds. */
  private refusedLogin: string | null = null;
  private refusedTls: string | null = null;
  /** What failed last, whatever else went well: a transfer, a handshake. */
  private failure: string | null = null;
  /** What diagnosis found to be wrong, the newest error. */
  private finding: string | null = null;
  private readonly open = new Map<number, LinkFacts>();
  private readonly done = { download: 0, upload: 0 };
  private readonly meter = new TransferMeter();

  constructor(
    readonly number: number,
    at: number,
  ) {
    this.openedAt = at;
  }

  get state(): SessionState {
    if (this.closed !== null) return this.hasFailed(this.closed) ? 'failed' : 'closed';
    if (this.quit) return 'closing';
    if ([...this.open.values()].some(({ verb }) => verb !== null)) return 'transferring';
    if (this.loggedIn) return 'idle';
    return this.greeted ? 'login' : 'greeting';
  }

  /**
   * Why the session is in trouble, in words; null when it is not. A reply that says no is no trouble by itself: clients ask for what is not
   * there, and go on.
   */
  get trouble(): string | null {
    const seen = this.finding ?? this.failure ?? this.refusedLogin;
    if (seen !== null) return seen;
    if (this.closed === null || !this.hasFailed(this.closed)) return null;
    return this.refusedTls ?? this.lastRefusal ?? readableText(this.closed.reason);
  }

  /** The reply that made the client leave. */
  private get lastRefusal(): string | null {
    const { lastReply } = this;
    return lastReply !== null && lastReply.code >= 400 ? readableText(lastReply.lines.at(-1) ?? '') : null;
  }

  get bytesDown(): number {
    return this.done.download + this.openBytes('download');
  }

  get bytesUp(): number {
    return this.done.upload + this.openBytes('upload');
  }

  /** The client took leave as FTP has it. A transcript that gives no cause may still hold the QUIT. */
  get endedByQuit(): boolean {
    if (this.closed === null) return false;
    const { by, cause } = this.closed;
    return cause === 'quit' || (cause === 'unknown' && this.quit && by === 'client');
  }

  /** Of what is being transferred now. */
  get bytesPerSecond(): number {
    return this.open.size === 0 ? 0 : this.meter.bytesPerSecond;
  }

  /** Until its end, or until `now`. */
  ageMs(now: number): number {
    return this.closed?.durationMs ?? Math.max(0, now - this.openedAt);
  }

  take(observation: Observation): void {
    switch (observation.kind) {
      case 'session-opened':
        this.openedAt = observation.at;
        this.client = observation.client;
        this.server = observation.server;
        this.isRelayed = observation.listener !== null;
        return;
      case 'server-chosen':
        this.server = observation.server;
        return;
      case 'command':
        return this.command(observation);
      case 'reply':
        return this.reply(observation);
      case 'link-opened':
      case 'link-progress':
        return this.link(observation, observation.at);
      case 'link-closed':
        this.link(observation, observation.at);
        this.open.delete(observation.link);
        if (observation.direction !== null) this.done[observation.direction] += observation.bytes;
        if (observation.outcome === 'failed') this.failure = readableText(observation.reason ?? 'the transfer failed');
        return;
      case 'tls':
        if (observation.failure !== null) this.failure = `TLS: ${readableText(observation.failure)}`;
        else if (observation.leg === 'control' && this.isRelayed) this.tls[observation.side] = true;
        else if (observation.leg === 'control') this.tls.client = this.tls.server = true;
        return;
      case 'violation':
        this.warnings += 1;
        // Relayed or captured unread: nobody here saw the handshakes.
        if (observation.code === 'encrypted-passthrough') this.tls.client = this.tls.server = true;
        return;
      case 'gap':
        this.warnings += 1;
        return;
      case 'finding':
        if (observation.severity === 'error') this.finding = readableText(observation.title);
        if (observation.severity === 'warning') this.warnings += 1;
        return;
      case 'session-closed':
        this.closed = observation;
        return;
      case 'server-connected':
      case 'held-reply':
      case 'note':
      case 'noise':
      case 'rewrite':
        return;
    }
  }

  private command({ number, verb, argument }: CommandSeen): void {
    this.commands += 1;
    if (verb === 'USER' || verb === 'PASS' || verb === 'AUTH') this.asked = { number, verb };
    if (verb === 'USER') this.user = readableText(argument);
    if (verb === 'QUIT') this.quit = true;
    if (verb === 'REIN') this.loggedIn = false;
  }

  private reply(reply: ReplySeen): void {
    this.lastReply = reply;
    this.greeted = true;
    if (reply.code === LOGGED_IN) {
      this.loggedIn = true;
      this.refusedLogin = null;
    }
    if (reply.code >= 400 && reply.answers !== null && reply.answers === this.asked?.number) {
      const words = readableText(reply.lines.at(-1) ?? '');
      if (this.asked.verb === 'AUTH') this.refusedTls = words;
      else if (!this.loggedIn) this.refusedLogin = words;
    }
    if (reply.code === SERVICE_NOT_AVAILABLE || (reply.code === NOT_LOGGED_IN && !this.loggedIn)) this.refused = true;
    else if (reply.code < 400) this.refused = false;
  }

  private link(facts: LinkFacts, at: number): void {
    this.modes = { client: facts.client.mode, server: facts.server.mode };
    this.open.set(facts.link, facts);
    this.meter.add(at, this.bytesDown + this.bytesUp);
  }

  private openBytes(direction: 'download' | 'upload'): number {
    let bytes = 0;
    for (const link of this.open.values()) if (link.direction === direction) bytes += link.bytes;
    return bytes;
  }

  /** A client that goes without QUIT is rude and no failure; a session that the proxy or a refusal ended is one. */
  private hasFailed({ by, cause }: SessionClosed): boolean {
    // The proxy's 421 refuses nobody then.
    if (cause === 'shutdown') return false;
    if (this.quit && by !== 'proxy') return false;
    const leftUnencrypted = this.refusedTls !== null && !this.loggedIn;
    return this.refused || leftUnencrypted || !this.greeted || by === 'proxy';
  }
}
