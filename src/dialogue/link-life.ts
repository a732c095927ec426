// One data transfer path, from announced to closed: the same life whether the relay carries its bytes or a capture shows them.
//
// FTP knows one announced port at a time. A PORT, EPRT, 227 or 229 announces it; the next transfer command takes it; the server's
// 1yz begins the transfer, the data ends, and the final reply settles it:
//
//   phase       what has happened                              what comes next
//   announced   a port was announced, no transfer uses it      a transfer command; another announcement closes it
//   requested   a transfer command took it                     the preliminary reply; or a refusal, which frees the port again
//   begun       the preliminary reply went to the client       bytes, once both legs are connected (and encrypted, where wanted)
//   flowing     bytes may flow                                 the end of the data
//   ended       the data ended, broke, or was given up         the final reply
//   closed      nothing more happens                           -
//
// The order of reply and data is not fixed: the final reply may come before the last byte was read, data before the 150, a refusal
// after the data connection stands. `STEPS` below is the whole truth about it: an event that a phase has no entry for changes nothing.
//
// The relay adds legs and deadlines (data-link.ts, link-leg.ts), captures the connection that carried it.
//
// This file is the only one that writes a link's state. Others report events, and read.
import type { ConnectionFailure } from '../protocol/connection-failure.js';
import type { Direction } from '../protocol/verbs.js';
import type { LinkCause, LinkState, Side } from './observation.js';

/** The transfer command that uses a link. */
export interface Transfer {
  readonly verb: string;
  readonly path: string;
  readonly direction: Direction;
}

/** How a link's data came to an end. */
export type DataEnd =
  /** The sender ended it, and every byte was handed to the receiver, its end included. `truncated`: without TLS's close_notify. */
  | { readonly kind: 'drained'; readonly truncated?: true }
  /** The end was in the data (MODE B, C and E): the sender leaves the connection open for the next transfer. */
  | { readonly kind: 'kept' }
  /** Bytes may be missing. `side` is the one whose leg broke; null when neither did. */
  | {
      readonly kind: 'broken';
      readonly side: Side | null;
      readonly cause: LinkCause;
      readonly reason: string;
      readonly failure?: ConnectionFailure | undefined;
    }
  /** The client wanted no more. */
  | { readonly kind: 'aborted' };

/** The leg to that side broke. */
export function brokenBy(side: Side, reason: string, failure: ConnectionFailure): DataEnd {
  return { kind: 'broken', side, cause: `${side}-broke`, reason, failure };
}

export type LinkPhase = 'announced' | 'requested' | 'begun' | 'flowing' | 'ended' | 'closed';
type LinkStep = 'request' | 'begin' | 'flow' | 'reconnect' | 'decline' | 'end' | 'close';

const STEPS: Readonly<Record<LinkPhase, Readonly<Partial<Record<LinkStep, LinkPhase>>>>> = {
  announced: { request: 'requested', end: 'ended', close: 'closed' },
  requested: { begin: 'begun', decline: 'announced', end: 'ended', close: 'closed' },
  begun: { flow: 'flowing', reconnect: 'requested', decline: 'announced', end: 'ended', close: 'closed' },
  flowing: { reconnect: 'requested', decline: 'announced', end: 'ended', close: 'closed' },
  ended: { close: 'closed' },
  closed: {},
};

/** What relay and captures have in common: the phases, and the transfer that uses the link. */
export class LinkLife {
  private currentPhase: LinkPhase = 'announced';
  private currentTransfer: Transfer | null = null;
  private isBound = false;
  private hasBegun = false;
  private words: string | null = null;
  private abortWanted = false;
  private flowsSince: number | null = null;
  private dataEndedBy: DataEnd | null = null;
  private dataEndedAt: number | null = null;

  /** The transfer that uses it, or the last one that was to use it and was refused. */
  get transfer(): Transfer | null {
    return this.currentTransfer;
  }

  /** A transfer uses it, or used it, and was not refused. */
  get bound(): boolean {
    return this.isBound;
  }

  /** The preliminary reply was relayed: from now on bytes may flow, and not before (rule 1 of ARCHITECTURE.md). */
  get begun(): boolean {
    return this.hasBegun;
  }

  /** The server's words when it declined a transfer over this link, which may serve the next. */
  get refusal(): string | null {
    return this.words;
  }

  /** The client sent ABOR. */
  get aborting(): boolean {
    return this.abortWanted;
  }

  /** When bytes began to flow; null when they have not. */
  get flowingSince(): number | null {
    return this.flowsSince;
  }

  get flowing(): boolean {
    return this.currentPhase === 'flowing' && !this.dataEnded;
  }

  /** A transfer was asked for over it, and its data has not ended. */
  get busy(): boolean {
    return this.isBound && !this.dataEnded;
  }

  get end(): DataEnd | null {
    return this.dataEndedBy;
  }

  get endedAt(): number | null {
    return this.dataEndedAt;
  }

  get dataEnded(): boolean {
    return this.end !== null;
  }

  get dataMayHaveEnded(): boolean {
    return this.dataEnded;
  }

  get closed(): boolean {
    return this.currentPhase === 'closed';
  }

  /** As observed. */
  get state(): LinkState {
    if (this.dataEnded) return 'finishing';
    if (this.flowingSince !== null) return 'transferring';
    return this.isBound ? 'connecting' : 'announced';
  }

  /** A transfer command takes the link. Null where the command itself is not known. */
  request(transfer: Transfer | null): void {
    if (!this.step('request')) return;
    this.currentTransfer = transfer;
    this.isBound = true;
    this.words = null;
  }

  /** The preliminary reply is with the client, or a final one stands for it. */
  begin(): void {
    if (this.step('begin')) this.hasBegun = true;
  }

  /** Both legs are ready: bytes may flow. */
  flow(at: number): boolean {
    if (!this.step('flow')) return false;
    this.flowsSince = at;
    return true;
  }

  /** Its data connection came to nothing, and the peer that dialled it may dial again. */
  reconnect(): void {
    if (this.step('reconnect')) this.flowsSince = null;
  }

  /** The server declined the transfer, or the port itself. `reusable`: the port stays good for the next transfer, as at the server. */
  decline(reply: string, reusable: boolean): void {
    this.words = reply;
    if (!reusable || !this.step('decline')) return;
    this.isBound = false;
    this.hasBegun = false;
    this.flowsSince = null;
  }

  /** The client wants no more of it. */
  abort(): void {
    this.abortWanted = true;
  }

  /** The data ended. False when it had ended before. */
  finish(end: DataEnd, at: number): boolean {
    if (!this.step('end')) return false;
    this.dataEndedBy = this.abortWanted && end.kind === 'broken' ? { kind: 'aborted' } : end;
    this.dataEndedAt = at;
    return true;
  }

  /** Nothing more happens to it. False when it was closed before. */
  close(): boolean {
    return this.step('close');
  }

  private step(step: LinkStep): boolean {
    const next = STEPS[this.currentPhase][step];
    if (next === undefined) return false;
    this.currentPhase = next;
    return true;
  }
}
