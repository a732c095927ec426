// The data links of one session that is played to a server: announces ports in the recorded mode, or another, and carries what the
// transfers ask for. Payloads come from the recording; what comes is summed and let go.
import { announcedPort, formAskedFor } from '../../dialogue/announced-port.js';
import type { GatheredReply } from '../../dialogue/reply-lines.js';
import type { ControlClient } from '../../ends/control-client.js';
import type { DataConnection } from '../../ends/data-connection.js';
import type { SessionTls } from '../../ends/tls/session-tls.js';
import { addressFamily } from '../../protocol/endpoint.js';
import { formatEprtArgument, formatPortArgument } from '../../protocol/host-port.js';
import { isCompletion } from '../../protocol/reply.js';
import { verbFacts } from '../../protocol/verbs.js';
import { recordedBytes } from '../session/recorded-payload.js';
import { began, finalReply, wasRefused } from '../session/recorded-session.js';
import type { Recording } from '../session/recorded-sessions.js';
import type { Step } from '../session/script.js';
import type { Happenings } from './happenings.js';
import { PlayedLink, type Received } from './played-link.js';
import type { PlayedExchange, PlayLog } from './played-session.js';

export interface LinkOptions {
  readonly tls: SessionTls;
  readonly recording: Pick<Recording, 'payload'>;
  readonly patienceMs: number;
}

type Announcing = Extract<Step, { kind: 'announce' }>;

/** A server that turned down an upload in its midst has this long to do so again. */
const FAILURE_MS = 1_000;

const NOTHING: Received = { bytes: 0, sha256: null, text: null };

export class PlayedLinks {
  /** PROT P holds. */
  protectsData = false;
  private current: PlayedLink | null = null;
  /** The server has taken a port that is not ours. */
  private elsewhere = false;
  /** By the numbers of the commands that asked for a port of the server's. */
  private readonly asked = new Map<number, PlayedLink>();
  /** The transfer that is read no further until ABOR was sent. */
  private held: { readonly link: PlayedLink; readonly goOn: () => void } | null = null;
  /** Whose transfers this client broke off, with ABOR or without. */
  private readonly abortedLinks = new WeakSet<PlayedLink>();
  private readonly open = new Set<PlayedLink>();
  /** Transfers have been asked for over them: they may be waiting still, where commands are pipelined. */
  private readonly carrying = new Set<PlayedLink>();

  constructor(
    private readonly log: PlayLog,
    private readonly happenings: Happenings,
    private readonly options: LinkOptions,
  ) {}

  /** The line that announces the next data port, or asks for it. Rejects with an Error when no port can be opened. */
  async announce({ mode, extended, exchange }: Announcing, client: ControlClient | null): Promise<string> {
    if (client === null) return '';
    const { local, remote } = client;
    const link = new PlayedLink(mode, this.options.patienceMs);
    if (this.current !== null && !this.current.spent && !this.carrying.has(this.current)) {
      this.current.port.close();
      this.open.delete(this.current);
    }
    this.current = link;
    this.open.add(link);
    const overIpv6 = addressFamily(remote.address) === 2;
    if (mode === 'passive') {
      this.asked.set(exchange.number, link);
      return extended || overIpv6 ? 'EPSV' : 'PASV';
    }
    const own = await link.port.listen(local, remote);
    return extended || overIpv6 ? `EPRT ${formatEprtArgument(own)}` : `PORT ${formatPortArgument(own)}`;
  }

  /** The server took a port that is not ours: none of ours counts any more. */
  misnamed(): void {
    this.current = null;
    this.elsewhere = true;
  }

  /** Whether a transfer would go to a port that is not ours. */
  get leadElsewhere(): boolean {
    return this.elsewhere;
  }

  /** A command got its last reply. False: it is to name a data port, as the recorded one did, and does not. */
  answered(played: PlayedExchange, { code, lines }: GatheredReply, client: ControlClient | null): boolean {
    if (played.verb === 'PROT' && isCompletion(code)) this.protectsData = /^P$/i.test(played.argument);
    if (played.step.kind === 'announce' && isCompletion(code)) this.elsewhere = false;
    const server = client?.remote ?? null;
    const link = this.asked.get(played.number);
    if (link === undefined) return true;
    this.asked.delete(played.number);
    // A 227 names the server's address as the server sees it, which behind NAT is nobody's: the port is what counts.
    const asked = formAskedFor({ verb: played.asked, argument: '' }) ?? '227';
    const port = isCompletion(code) && server !== null ? announcedPort({ code, lines }, asked, server.address) : null;
    const target = port?.atServer ?? null;
    link.port.announced(target);
    return target !== null || !isCompletion(code) || !isToNamePort(played.step);
  }

  /** Does what the transfer command asks for, while the dialogue goes on. */
  carry(played: PlayedExchange): void {
    const link = this.current;
    if (link === null || link.spent) return;
    played.carrying = true;
    this.carrying.add(link);
    void this.transfer(played, link).then(
      (result) => this.end(played, link, result, null),
      (error: unknown) => this.end(played, link, { ...NOTHING, bytes: link.bytes }, reasonOf(error)),
    );
  }

  /** As much has come of the transfer that is to be aborted as in the recording, or it has ended. */
  get readyForAbort(): boolean {
    return this.held !== null || this.log.exchanges.every(({ step, carrying }) => !carrying || !isAborted(step));
  }

  /** ABOR was sent. */
  aborted(): void {
    if (this.held !== null) this.abortedLinks.add(this.held.link);
    this.held?.goOn();
    this.held = null;
  }

  close(): void {
    for (const link of this.open) link.port.close();
  }

  reset(): void {
    this.aborted();
    for (const link of this.open) link.port.reset();
  }

  private async transfer(played: PlayedExchange, link: PlayedLink): Promise<Received> {
    const { happenings } = this;
    const connecting = link.connect(this.protectsData ? this.options.tls : null);
    // Whichever comes first: a server may refuse without ever listening.
    await Promise.race([connecting, happenings.when(() => played.answered)]);
    await happenings.when(() => began(played) || played.answered);
    if (!wasTakenUp(played)) {
      connecting.catch(() => {});
      return NOTHING;
    }
    return this.move(played, link, await connecting);
  }

  private async move(played: PlayedExchange, link: PlayedLink, connection: DataConnection): Promise<Received> {
    const { step, verb } = played;
    const moved = () => this.happenings.tell();
    const recorded = step.exchange.transfer;
    if (step.kind === 'transfer' && step.direction === 'upload') return this.upload(played, link, connection);
    const lists = verbFacts(verb)?.lists ?? false;
    const enough = recorded === null || !isAborted(step) ? Number.POSITIVE_INFINITY : recorded.bytes;
    const look = () => {
      const hold = link.bytes >= enough ? this.haveEnough(step, link, connection) : undefined;
      moved();
      return hold;
    };
    return link.receive(connection, lists, look);
  }

  /** What the recording has no end of is not ended: the server would take it for the whole file. */
  private async upload(played: PlayedExchange, link: PlayedLink, connection: DataConnection): Promise<Received> {
    const { happenings } = this;
    const recorded = played.step.exchange.transfer;
    if (recorded === null || recorded.held === 'nothing') throw new Error('the recording does not hold its bytes');
    const chunks = recordedBytes(recorded, this.options.recording);
    const sent = await link.send(connection, chunks, recorded.held === 'all', () => happenings.tell());
    if (recorded.held === 'all') return sent;
    if (isAborted(played.step)) await this.haveEnough(played.step, link, connection);
    else await happenings.pause(FAILURE_MS, () => played.answered);
    throw new Error('broken off, as in the recording');
  }

  /** The recorded client did not want more. */
  private haveEnough(step: Step, link: PlayedLink, connection: DataConnection): Promise<void> | undefined {
    if (step.kind === 'transfer' && step.ends === 'client') {
      this.abortedLinks.add(link);
      connection.reset();
      return undefined;
    }
    if (this.abortedLinks.has(link)) return undefined;
    return new Promise((goOn) => {
      this.held = { link, goOn };
      this.happenings.tell();
    });
  }

  private end(played: PlayedExchange, link: PlayedLink, result: Received, failure: string | null): void {
    played.carrying = false;
    this.carrying.delete(link);
    // A transfer that was turned down leaves its link to the next.
    if (failure !== null || wasTakenUp(played)) {
      if (failure === null) link.port.close();
      else link.port.reset();
      this.open.delete(link);
      if (this.abortedLinks.has(link)) this.log.carried(played, link.mode, result, 'aborted', null);
      else this.log.carried(played, link.mode, result, failure === null ? 'complete' : 'failed', failure);
    }
    this.happenings.tell();
  }
}

/** The recorded server did, or was not asked to, or what it said is lost. */
function isToNamePort({ exchange, ...step }: Step): boolean {
  const recorded = finalReply(exchange);
  if (recorded === null || (step.kind === 'announce' && step.translated)) return true;
  return announcedPort(recorded, formAskedFor(exchange) ?? '227', '') !== null;
}

/** The server began the transfer, or says that it is done. */
function wasTakenUp(played: PlayedExchange): boolean {
  return began(played) || (played.answered && !wasRefused(played));
}

function isAborted(step: Step): boolean {
  return step.kind === 'transfer' && step.ends !== 'sender';
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
