// What one client of a replayed server says, hears and transfers, as observations: a session like any other, to be shown, replayed and
// exported. Without a proxy, both ends of a data connection are the peers' own.
import { announcedPort, formAskedFor, namedPort } from '../../dialogue/announced-port.js';
import type { LegFacts, LinkState, Observation, SessionEnd } from '../../dialogue/observation.js';
import type { ObservedLink } from '../../dialogue/observed-link.js';
import { Observer } from '../../dialogue/observer.js';
import type { KeptPayload, PayloadSink, PayloadStore } from '../../dialogue/payload-sink.js';
import { RecordingError } from '../../dialogue/recording-error.js';
import type { TlsFacts } from '../../dialogue/tls-facts.js';
import type { LinkVerdict } from '../../dialogue/transfer-outcome.js';
import { now } from '../../ends/clock.js';
import { type Command, secretOf } from '../../protocol/command.js';
import type { Endpoint } from '../../protocol/endpoint.js';
import { isPreliminary } from '../../protocol/reply.js';
import type { Direction } from '../../protocol/verbs.js';

export interface ServedLogOptions {
  /** Takes each observation. */
  readonly observe: (observation: Observation) => void;
  /** Bytes could not be kept. */
  readonly broke: (error: RecordingError) => void;
  /** Null: the bytes are not kept. */
  readonly payloads: PayloadStore | null;
}

interface Asked {
  readonly number: number;
  readonly askedAt: number;
  readonly secret: string | null;
}

/** A data link of the session, and what is kept of its bytes. */
class ServedLink implements ObservedLink {
  transfer: ObservedLink['transfer'] = null;
  bytes = 0;
  state: LinkState = 'announced';
  flowingSince: number | null = null;
  endedAt: number | null = null;
  payload: KeptPayload | null = null;

  constructor(
    readonly number: number,
    readonly client: LegFacts,
    readonly server: LegFacts,
  ) {}
}

/** A transfer that is being carried. */
export interface LoggedTransfer {
  take(chunk: Buffer): Promise<void>;
  /** Null: all went through. */
  end(failure: Pick<LinkVerdict, 'cause' | 'reason'> | null, isAborted: boolean): Promise<void>;
}

export class ServedLog {
  private readonly observer: Observer;
  /** Commands without their last reply, the oldest first. */
  private open: Asked[] = [];
  private link: ServedLink | null = null;
  private links = 0;

  constructor(
    private readonly session: number,
    private readonly client: Endpoint,
    private readonly server: Endpoint,
    private readonly options: ServedLogOptions,
  ) {
    const identity = { session, client, server, listener: server, how: 'replay', openedAt: now() } as const;
    this.observer = new Observer(identity, false, options.observe);
    this.observer.sessionOpened();
  }

  command(command: Command): void {
    const askedAt = now();
    const number = this.observer.command(askedAt, command);
    this.open.push({ number, askedAt, secret: secretOf(command) });
  }

  noCommand(): void {
    this.observer.noise(now(), 'client', 'line', Buffer.from('(no command)\r\n'));
  }

  reply(lines: readonly string[]): void {
    const code = Number(lines.at(-1)?.slice(0, 3));
    const [asked = null] = this.open;
    if (!isPreliminary(code)) this.open = this.open.slice(1);
    this.observer.reply(now(), { code, lines, ends: lines.map(() => '\r\n'), omittedLines: 0 }, asked, 'server');
  }

  secured(facts: TlsFacts): void {
    this.observer.tls(now(), { ...facts, side: 'client', leg: 'control', link: null, failure: null });
  }

  /** The client has a data port, as the command asked for or named it. */
  announced({ verb, argument }: Pick<Command, 'verb' | 'argument'>, lines: readonly string[]): void {
    const isActive = verb === 'PORT' || verb === 'EPRT';
    const named = isActive ? namedPort(verb, argument, this.client.address) : null;
    const form = formAskedFor({ verb, argument }) ?? '227';
    const code = Number(lines.at(-1)?.slice(0, 3));
    const passive = isActive ? null : announcedPort({ code, lines }, form, this.server.address);
    const mode = isActive ? 'active' : 'passive';
    const leg = (remote: Endpoint | null): LegFacts => ({ mode, local: null, remote });
    this.unused('replaced', 'replaced by the next one');
    this.links += 1;
    const client = leg(named?.kind === 'port' ? named.endpoint : null);
    this.link = new ServedLink(this.links, client, leg(passive?.atServer ?? null));
    this.observer.linkOpened(now(), this.link);
  }

  async begins({ verb, argument: path }: Command, direction: Direction): Promise<LoggedTransfer | null> {
    const { link, observer, session } = this;
    if (link === null) return null;
    this.link = null;
    link.transfer = { verb, path, direction };
    link.state = 'transferring';
    link.flowingSince = now();
    observer.linkProgress(now(), link);
    const { payloads } = this.options;
    const sink = await this.orBroke(async () => payloads?.open({ session, link: link.number, verb, path }));
    return {
      take: async (chunk) => {
        link.bytes += chunk.length;
        observer.linkMoved(now(), link);
        await this.orBroke(async () => sink?.write(chunk));
      },
      end: (failure, isAborted) => this.ends(link, sink, failure, isAborted),
    };
  }

  ended(end: SessionEnd): void {
    this.unused('session-ended', end.reason);
    this.observer.sessionClosed(now(), end);
  }

  private async ends(
    link: ServedLink,
    sink: PayloadSink | null,
    failure: Pick<LinkVerdict, 'cause' | 'reason'> | null,
    isAborted: boolean,
  ): Promise<void> {
    link.endedAt = now();
    link.payload = await this.orBroke(async () => sink?.finish());
    const outcome = isAborted ? 'aborted' : failure === null ? 'complete' : 'failed';
    const aborted = { cause: 'aborted-by-client', reason: 'aborted by the client' } as const;
    const why = isAborted ? aborted : (failure ?? { cause: null, reason: null });
    this.observer.linkClosed(now(), link, { outcome, ...why });
  }

  /** Null where it did not come about; what cannot be kept has been told then. */
  private async orBroke<T>(keep: () => Promise<T | undefined>): Promise<T | null> {
    try {
      return (await keep()) ?? null;
    } catch (error) {
      if (!(error instanceof RecordingError)) throw error;
      this.options.broke(error);
      return null;
    }
  }

  private unused(cause: 'replaced' | 'session-ended', reason: string): void {
    if (this.link !== null) this.observer.linkClosed(now(), this.link, { outcome: 'unused', cause, reason });
    this.link = null;
  }
}
