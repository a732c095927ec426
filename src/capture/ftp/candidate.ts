// The connections of which it is not known yet whether they speak FTP or carry a transfer. What one says is held until that is
// decided, and what is told of others waits for it: both within bounds.
import { FTP_PORT } from '../../protocol/server-name.js';
import type { CapturedConnection, ConnectionEvent } from '../connection-event.js';
import type { CapturedLink } from './captured-link.js';
import { CapturedDataConnection, sumUp } from './data-connection.js';
import { MAX_UNDECIDED_BYTES, Recognition } from './recognition.js';
import type { SharedBounds } from './shared-bounds.js';

/** A connection that says nothing holds up those that opened after it no longer than this. */
const MAX_HOLD_UP_MS = 10_000;
/** What undecided connections may hold together. */
const MAX_HELD_BYTES = 32 * 1024 * 1024;

/** An event, and its place in the capture. */
export interface HeldEvent {
  readonly event: ConnectionEvent;
  readonly place: number;
}

export class Candidate {
  readonly data: CapturedDataConnection;
  /** The link whose transfer it carries. */
  link: CapturedLink | null = null;
  /** Null once it is decided that it does not speak FTP. */
  recognition: Recognition | null;
  /** The protocol that it speaks, where that is known. */
  protocol: string | null = null;
  /** Whether it may still turn out to carry a transfer. */
  watched = true;
  /** What happened on it; null once there was too much of it. */
  private held: HeldEvent[] | null = [];
  private bytes = 0;

  constructor(
    readonly connection: CapturedConnection,
    /** Where in the capture it opened. */
    readonly place: number,
    sums: boolean,
    /** Its bytes are wanted should it carry a transfer: more of them are held, as far as these allow it. Null: they are not wanted. */
    private readonly wanted: SharedBounds | null,
  ) {
    this.data = new CapturedDataConnection(connection, sums);
    this.recognition = new Recognition(connection);
  }

  /** What is held, from the first event on; null when it is not all there any more. */
  get events(): readonly HeldEvent[] | null {
    return this.held;
  }

  hold(event: ConnectionEvent, place: number): void {
    if (this.held === null) return;
    if (event.kind === 'bytes') this.grow(event.bytes.length);
    const isTooMuch = this.wanted?.heldPayloadFull ?? this.bytes > MAX_UNDECIDED_BYTES;
    if (isTooMuch && this.recognition === null) return this.letGo();
    const kept = event.kind === 'bytes' ? { ...event, bytes: Buffer.from(event.bytes) } : event;
    this.held.push({ event: kept, place });
  }

  get isToFtpPort(): boolean {
    const { initiator, responder, sawHandshake } = this.connection;
    return responder.port === FTP_PORT || (!sawHandshake && initiator.port === FTP_PORT);
  }

  /** Why it is not shown as FTP, in words. */
  whyNotShown(protocol: string | null): string {
    if (protocol !== null) return protocol;
    const { answered, sawHandshake } = this.connection;
    const spoke = this.data.bytes > 0 || this.held?.some(({ event }) => event.kind === 'bytes');
    if (spoke) return 'what is said there is no FTP';
    return sawHandshake && !answered ? 'not answered' : 'nothing was said';
  }

  letGo(): void {
    this.held = null;
    this.grow(-this.bytes);
  }

  private grow(bytes: number): void {
    this.bytes += bytes;
    if (this.wanted !== null) this.wanted.heldPayloadBytes += bytes;
  }

  /** It does not speak FTP. */
  isOther(protocol: string | null): void {
    this.sumUpHeld();
    this.protocol = protocol;
    // A transfer may be protected, and is then TLS; what else speaks for itself carries none.
    if (protocol !== null && protocol !== 'TLS') this.forget();
  }

  /** It will be nothing that has to do with FTP. */
  forget(): void {
    this.recognition = null;
    this.unwatch();
  }

  /** It is taken for no transfer any more. */
  unwatch(): void {
    this.watched = false;
    if (this.recognition === null) this.letGo();
  }

  /** It carries a transfer. */
  carries(link: CapturedLink): void {
    this.link = link;
    this.letGo();
  }

  /** It is taken for a transfer, or for anything: what it has said so far belongs to its sums. */
  sumUpHeld(): void {
    if (this.recognition === null) return;
    this.recognition = null;
    for (const { event } of this.held ?? []) sumUp(this.data, event);
  }
}

/** Candidates in the order in which they opened. */
export class Undecided {
  /** With the bytes that it holds. */
  private readonly candidates = new Map<Candidate, number>();
  /** Those among them that others still wait for. */
  private readonly awaited = new Set<Candidate>();
  private heldBytes = 0;

  add(candidate: Candidate): void {
    this.candidates.set(candidate, 0);
    this.awaited.add(candidate);
  }

  grow(candidate: Candidate, bytes: number): void {
    const held = this.candidates.get(candidate);
    if (held === undefined) return;
    this.candidates.set(candidate, held + bytes);
    this.heldBytes += bytes;
  }

  remove(candidate: Candidate): void {
    this.heldBytes -= this.candidates.get(candidate) ?? 0;
    this.candidates.delete(candidate);
    this.awaited.delete(candidate);
  }

  /** Has to be decided, come what may: together they hold too much. */
  get overdue(): Candidate | null {
    if (this.heldBytes <= MAX_HELD_BYTES) return null;
    const [oldest] = this.candidates.keys();
    return oldest ?? null;
  }

  /** The time from which on nothing can be reported yet; null when everything can. */
  blockedFrom(now: number): number | null {
    for (const candidate of this.awaited) {
      const { openedAt } = candidate.connection;
      if (Math.abs(now - openedAt) < MAX_HOLD_UP_MS) return openedAt;
      this.awaited.delete(candidate);
    }
    return null;
  }
}
