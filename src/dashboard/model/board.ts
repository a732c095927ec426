// Everything that the dashboard knows: sessions, open data links, events, totals. Observations in; looked at by the views.
// Bounded: the newest sessions are kept, ended ones go first.
import type { LinkOpened, LinkProgress, Observation } from '../../dialogue/observation.js';
import { BoundedList } from './bounded-list.js';
import { ShownConversation } from './conversation.js';
import { SessionCard } from './session-card.js';
import { TransferMeter } from './transfer-meter.js';
import { Troubles } from './troubles.js';

/** A session as the dashboard keeps it. */
export interface BoardSession {
  readonly card: SessionCard;
  readonly conversation: ShownConversation;
}

/** A data link that is open now. */
export interface OpenLink {
  readonly session: number;
  readonly meter: TransferMeter;
  facts: LinkOpened | LinkProgress;
}

/** What an operator wants to know of whichever session it was. */
export type BoardEvent = Extract<
  Observation,
  { readonly kind: 'violation' | 'note' | 'finding' | 'tls' | 'gap' | 'link-closed' }
>;

export interface BoardLimits {
  readonly maxSessions: number;
  /** Of one session. */
  readonly maxEntries: number;
  readonly maxEvents: number;
}

export const DEFAULT_BOARD_LIMITS: BoardLimits = { maxSessions: 5000, maxEntries: 2000, maxEvents: 1000 };

/** Of one session that was read back because somebody looks at its beginning. */
const MAX_RESTORED_ENTRIES = 200_000;

export class Board {
  readonly sessions = new Map<number, BoardSession>();
  readonly openLinks = new Map<string, OpenLink>();
  readonly events: BoundedList<BoardEvent>;
  readonly troubles = new Troubles();
  /** Of all sessions, those that were let go included; bytes of data links that are closed. */
  readonly totals = { sessions: 0, live: 0, inTrouble: 0, bytesDown: 0, bytesUp: 0, observations: 0 };
  /** Sessions that were let go to keep memory bounded. */
  forgotten = 0;
  /** Highest number of a session so far. */
  private highest = 0;
  /** Time of the newest observation. */
  lastAt = 0;

  constructor(private readonly limits: BoardLimits = DEFAULT_BOARD_LIMITS) {
    this.events = new BoundedList(limits.maxEvents);
  }

  take(observation: Observation): void {
    this.totals.observations += 1;
    this.lastAt = Math.max(this.lastAt, observation.at);
    const session = this.sessionOf(observation);
    if (session === null) return;
    const wasInTrouble = session.card.trouble !== null;
    session.card.take(observation);
    this.totals.inTrouble += Number(session.card.trouble !== null) - Number(wasInTrouble);
    if (observation.kind === 'finding') this.troubles.take(observation, session.card);
    session.conversation.add(observation);
    this.countLink(observation);
    if (isEvent(observation)) this.events.push(observation);
    if (observation.kind === 'session-closed') this.end(session.card);
  }

  /** The lowest number of a session that is kept; null when there is none. */
  get oldest(): number | null {
    let least: number | null = null;
    for (const number of this.sessions.keys()) if (least === null || number < least) least = number;
    return least;
  }

  /** Bytes of all sessions in that direction, those of transfers under way included. */
  bytes(direction: 'download' | 'upload'): number {
    let sum = direction === 'download' ? this.totals.bytesDown : this.totals.bytesUp;
    for (const { facts } of this.openLinks.values()) if (facts.direction === direction) sum += facts.bytes;
    return sum;
  }

  /** Bytes a second of all open links. */
  get bytesPerSecond(): number {
    let sum = 0;
    for (const { meter } of this.openLinks.values()) sum += meter.bytesPerSecond;
    return sum;
  }

  /** Shows the whole conversation of a session, read from where it was recorded, in place of the part that is kept. */
  restore(number: number, observations: readonly Observation[]): void {
    const known = this.sessions.get(number);
    if (known === undefined) return;
    const whole = new ShownConversation(MAX_RESTORED_ENTRIES);
    for (const observation of observations) whole.add(observation);
    const readUntil = observations.at(-1)?.at ?? 0;
    // What came while it was read.
    for (const newer of known.conversation.observations) if (newer.at > readUntil) whole.add(newer);
    this.sessions.set(number, { card: known.card, conversation: whole });
  }

  /** Lets go of sessions that have ended. */
  clearEnded(): void {
    for (const [number, { card }] of this.sessions) if (card.closed !== null) this.sessions.delete(number);
    this.events.clear();
    this.troubles.clear();
  }

  private sessionOf({ session, at, kind }: Observation): BoardSession | null {
    const known = this.sessions.get(session);
    if (known !== undefined) return known;
    // The rest of a session that was let go is no new session.
    if (kind !== 'session-opened' && session <= this.highest) return null;
    this.highest = Math.max(this.highest, session);
    const fresh = { card: new SessionCard(session, at), conversation: new ShownConversation(this.limits.maxEntries) };
    this.sessions.set(session, fresh);
    this.totals.sessions += 1;
    this.totals.live += 1;
    if (this.sessions.size > this.limits.maxSessions) this.forgetOne();
    return fresh;
  }

  /** The oldest that has ended; the oldest of all when none has. */
  private forgetOne(): void {
    let oldest: number | null = null;
    for (const [number, { card }] of this.sessions) {
      oldest ??= number;
      if (card.closed === null) continue;
      oldest = number;
      break;
    }
    if (oldest === null) return;
    this.sessions.delete(oldest);
    this.forgotten += 1;
  }

  private countLink(observation: Observation): void {
    switch (observation.kind) {
      case 'link-opened':
      case 'link-progress':
        return this.follow(observation);
      case 'link-closed':
        this.openLinks.delete(linkKey(observation));
        if (observation.direction === 'download') this.totals.bytesDown += observation.bytes;
        if (observation.direction === 'upload') this.totals.bytesUp += observation.bytes;
        return;
      default:
        return;
    }
  }

  private follow(facts: LinkOpened | LinkProgress): void {
    const key = linkKey(facts);
    const known = this.openLinks.get(key);
    const link = known ?? { session: facts.session, meter: new TransferMeter(), facts };
    link.facts = facts;
    link.meter.add(facts.at, facts.bytes);
    if (known === undefined) this.openLinks.set(key, link);
  }

  private end(card: SessionCard): void {
    this.totals.live -= 1;
    for (const [key, { session }] of this.openLinks) if (session === card.number) this.openLinks.delete(key);
  }
}

function linkKey({ session, link }: { readonly session: number; readonly link: number }): string {
  return `${session}/${link}`;
}

function isEvent(observation: Observation): observation is BoardEvent {
  switch (observation.kind) {
    case 'violation':
    case 'note':
    case 'finding':
    case 'gap':
      return true;
    case 'tls':
      return observation.failure !== null;
    case 'link-closed':
      return observation.outcome === 'failed' || observation.outcome === 'aborted';
    default:
      return false;
  }
}
