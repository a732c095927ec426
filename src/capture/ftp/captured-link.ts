// A data link as a capture shows it: what was announced, the transfer that used it, the connection that carried it, and how it
// ended. State alone; session-links.ts moves it.
import type { LegEnd } from '../../dialogue/connection-facts.js';
import type { ContentFacts, StatedSize } from '../../dialogue/content-facts.js';
import type { LegFacts, LegMode } from '../../dialogue/link-facts.js';
import { type DataEnd, LinkLife } from '../../dialogue/link-life.js';
import type { ObservedLink } from '../../dialogue/observed-link.js';
import type { TlsFacts } from '../../dialogue/tls-facts.js';
import {
  type Absence,
  type Closing,
  type JudgedLink,
  joinedReasons,
  judge,
  type LinkVerdict,
} from '../../dialogue/transfer-outcome.js';
import type { Endpoint } from '../../protocol/endpoint.js';
import { type ConnectionEnd, otherEnd } from '../connection-event.js';
import { type CapturedDataConnection, failureKindOf, failureOf, type PayloadStream } from './data-connection.js';

const MAX_TOLD_GAPS = 20;

/** Where a data connection is expected. */
export interface Expectation {
  readonly mode: LegMode;
  /** Who listens, as it was announced; null when nothing was. */
  readonly listener: Endpoint | null;
  readonly at: number;
}

/** The session that a link belongs to, as its data connection sees it. */
export interface LinkOwner {
  /** Tells the session from all others of the capture. */
  readonly key: number;
  readonly clientHost: string;
  readonly serverHost: string;
  /** The port of the server's control connection: no data connection goes there. */
  readonly serverPort: number;
  attach(link: CapturedLink, data: CapturedDataConnection, listener: ConnectionEnd): void;
  /** Something of the session was captured. */
  passes(at: number): void;
  /** Its connection is encrypted, and what is said inside can be read. */
  secured(link: CapturedLink, tls: TlsFacts): void;
  /** Bytes went by on the link's connection. */
  moved(link: CapturedLink): void;
  /** The capture lacks bytes of it. */
  lost(link: CapturedLink, from: ConnectionEnd, bytes: number): void;
  /** Two segments of it contradict each other. */
  contradicted(link: CapturedLink, from: ConnectionEnd, bytes: number): void;
  /** Nothing more will be heard of it. */
  dataEnded(link: CapturedLink): void;
}

export class CapturedLink extends LinkLife implements ObservedLink, JudgedLink {
  client: LegFacts;
  server: LegFacts;
  /** When the transfer was asked for. */
  boundAt = 0;
  /** How many bytes the server said that there will be; null where it did not. */
  stated: StatedSize | null = null;
  /** Why it will be closed once its data has ended; null while that is not known. */
  closing: Closing | null = null;
  data: CapturedDataConnection | null = null;
  /** The newest that came to nothing. */
  private vain: CapturedDataConnection | null = null;
  readonly gaps = new LinkGaps();
  private clientEnd: ConnectionEnd = 'initiator';

  constructor(
    readonly number: number,
    readonly owner: LinkOwner,
    readonly expectation: Expectation,
  ) {
    super();
    const { mode, listener } = expectation;
    this.client = { mode, local: null, remote: mode === 'active' ? listener : null };
    this.server = { mode, local: null, remote: mode === 'passive' ? listener : null };
  }

  /** This connection carries it. The listener is the server's end in passive mode, and the client's in active mode. */
  carriedBy(data: CapturedDataConnection, listener: ConnectionEnd): void {
    const { mode } = this.expectation;
    this.data = data;
    this.clientEnd = mode === 'active' ? listener : otherEnd(listener);
    this.client = { ...this.client, remote: data.connection[this.clientEnd] };
    this.server = { ...this.server, remote: data.connection[otherEnd(this.clientEnd)] };
  }

  /** Whether its connection came to nothing. Then it may have another: whoever dialled may dial again. */
  dialledInVain(): boolean {
    if (this.data === null || !this.data.fruitless) return false;
    this.vain = this.data;
    this.data = null;
    this.reconnect();
    return true;
  }

  /** How its connection came to nothing, where the capture shows it. */
  get failure(): string | null {
    const dialled = this.data ?? this.vain;
    return dialled === null ? null : failureOf(dialled);
  }

  /** Its connection was dialled, and nobody took it. */
  get unreached(): boolean {
    return (this.data ?? this.vain)?.unreached ?? false;
  }

  /** What became of its connection at either end, as far as the capture shows it. */
  endLegs(): void {
    const { data } = this;
    if (data === null) return;
    this.client = { ...this.client, ended: legEnd(data, this.clientEnd) };
    this.server = { ...this.server, ended: legEnd(data, otherEnd(this.clientEnd)) };
  }

  /** Which side sends from an end of its connection. */
  sideOf(end: ConnectionEnd): 'client' | 'server' {
    return end === this.clientEnd ? 'client' : 'server';
  }

  /** Whether what comes from an end is the transfer's payload. */
  isPayload(from: ConnectionEnd): boolean {
    return from === this.payloadEnd;
  }

  private get payloadEnd(): ConnectionEnd {
    const { direction } = this.transfer ?? {};
    if (direction === undefined) return this.data?.busiestEnd ?? 'initiator';
    return direction === 'upload' ? this.clientEnd : otherEnd(this.clientEnd);
  }

  /** The direction of its connection that the payload takes. */
  get stream(): PayloadStream | null {
    return this.data?.streams[this.payloadEnd] ?? null;
  }

  get bytes(): number {
    return this.stream?.bytes ?? 0;
  }

  get content(): ContentFacts | null {
    const { stream, transfer } = this;
    return transfer === null ? null : (stream?.probe?.facts(stream.ended, transfer.verb) ?? null);
  }

  get lostBytes(): number {
    const { initiator, responder } = this.data?.streams ?? {};
    return (initiator?.lostBytes ?? 0) + (responder?.lostBytes ?? 0);
  }

  override get endedAt(): number | null {
    const { flowingSince } = this;
    return flowingSince === null ? null : Math.max(this.stream?.lastAt ?? flowingSince, flowingSince);
  }

  get payload(): { readonly file?: string; readonly sha256?: string } | null {
    const { stream, data } = this;
    if (stream === null || data === null || this.flowingSince === null) return null;
    // Whose command can be read, its data was not protected either, and is a file that only begins like TLS.
    const sha256 = stream.encrypted && this.transfer === null ? null : stream.sha256;
    const payload: { file?: string; sha256?: string } = {};
    if (data.keeping?.file) payload.file = data.keeping.file;
    if (sha256 !== null) payload.sha256 = sha256;
    return payload;
  }

  /** As far as the capture shows it. A receiver that has everything may well reset what is left of the connection. */
  override get end(): DataEnd | null {
    if (this.aborting) return { kind: 'aborted' };
    if (this.stream?.ended) return { kind: 'drained' };
    if (this.data?.end !== 'reset') return null;
    const reason = 'the data connection was reset';
    return { kind: 'broken', side: null, cause: 'unknown', reason, failure: 'reset' };
  }

  override get dataEnded(): boolean {
    return this.data !== null && this.data.end !== null;
  }

  /** A reset is known only when nothing can come any more that it overtook, and the connection may not be in the capture at all. */
  override get dataMayHaveEnded(): boolean {
    return true;
  }

  /** Both sides share one connection. */
  absence(): Absence | null {
    const words = this.failure;
    const side = this.expectation.mode === 'passive' ? 'server' : 'client';
    const dialled = this.data ?? this.vain;
    const failure = dialled === null ? undefined : failureKindOf(dialled);
    return words === null
      ? null
      : { side, cause: `${side}-${this.unreached ? 'unreachable' : 'broke'}`, words, failure };
  }

  /** A capture shows too little to know. */
  waitsFor(): null {
    return null;
  }
}

function legEnd({ resetBy, streams }: CapturedDataConnection, end: ConnectionEnd): LegEnd | undefined {
  if (resetBy === end) return 'reset';
  return streams[end].ended ? 'fin' : undefined;
}

/** Each gap is told by itself as long as there are few, and the rest in one sum at the end. */
class LinkGaps {
  private told = 0;
  private readonly rest = { initiator: 0, responder: 0 };

  /** Whether a gap is to be told by itself; otherwise it is remembered. */
  isWorthTelling(from: ConnectionEnd, bytes: number): boolean {
    this.told += 1;
    if (this.told <= MAX_TOLD_GAPS) return true;
    this.rest[from] += bytes;
    return false;
  }

  /** What was not told one by one, summed up for either end. */
  get untold(): readonly { readonly from: ConnectionEnd; readonly bytes: number }[] {
    const ends: readonly ConnectionEnd[] = ['initiator', 'responder'];
    return ends.map((from) => ({ from, bytes: this.rest[from] })).filter(({ bytes }) => bytes > 0);
  }
}

/** Of a link of which nothing more is expected. */
export function judgeCaptured(link: CapturedLink, closing: Closing): LinkVerdict {
  const verdict = judge(link, closing);
  if (!link.bound || link.refusal !== null) return verdict;
  const { outcome, reason } = verdict;
  if (outcome === 'complete' && link.data === null) {
    return { outcome: 'unseen', cause: 'missing-from-capture', reason: 'its data connection is not in the capture' };
  }
  if (outcome !== 'complete' && link.unreached) {
    return { ...verdict, reason: joinedReasons([reason, link.failure]), failure: link.absence()?.failure };
  }
  const saidToFail = closing.kind === 'session-ended' || (closing.kind === 'settled' && closing.negative);
  const remarks = saidToFail || outcome === 'aborted' ? missingOf(link) : unseenOf(link);
  if (remarks.length === 0) return verdict;
  return { ...verdict, cause: verdict.cause ?? 'missing-from-capture', reason: joinedReasons([reason, ...remarks]) };
}

/** The server confirmed the transfer, or its word is missing, and the capture does not hold all of it. */
function unseenOf(link: CapturedLink): string[] {
  if (link.data === null) return ['its data connection is not in the capture'];
  const end = link.data.end === 'unseen' ? ['the capture does not hold the end of its data connection'] : [];
  return [...missingOf(link), ...fewerOf(link), ...end];
}

function missingOf({ lostBytes }: CapturedLink): string[] {
  return lostBytes === 0 ? [] : [`${lostBytes} ${lostBytes === 1 ? 'byte is' : 'bytes are'} missing from the capture`];
}

/** What is neither there nor known to be lost, going by the size that the server named. */
function fewerOf({ stated, bytes, lostBytes }: CapturedLink): string[] {
  const fewer = stated === null || stated.from !== undefined ? 0 : stated.bytes - bytes - lostBytes;
  return fewer <= 0 ? [] : [`${fewer.toLocaleString('en-US')} ${fewer === 1 ? 'byte' : 'bytes'} fewer than announced`];
}
