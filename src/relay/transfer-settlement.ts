// A transfer's replies and its data, brought into order: 150 -> data -> end of data -> 226. The server's 226 may come before
// the last byte was read, and the client must not hear of a success when data was lost here. The reply waits in a slot meanwhile.
//
//   final reply     when it comes before the data's end            what the client hears in the end
//   3yz, 4yz, 5yz   before the transfer began: it is refused       the reply, at once; the port is free for the next transfer
//   3yz, 4yz, 5yz   a download may still deliver what was sent     the reply, after at most LAST_BYTES_GRACE_MS
//   3yz, 4yz, 5yz   an upload has nobody to go to any more         the reply, at once
//   2yz             an upload: its receiver has what it wanted     the reply, at once: some clients end the data only behind it
//   2yz             MODE B, C or E: the end is in the data         the reply, when what has come went through; the link is kept
//   2yz             a download goes on to its end                  the reply; a 426 of ours if bytes were lost on our legs
//   2yz             a download does not end: that is reported      the reply, when the client has given up and closes its side
//   2yz             and the server never connected                 the reply, after at most LATE_CONNECTION_MS
//
// How the transfer is judged is in dialogue/transfer-outcome.ts.

import type { DataLink } from '../dialogue/data-link.js';
import type { Exchange } from '../dialogue/exchange.js';
import { brokenBy, type DataEnd } from '../dialogue/link-life.js';
import type { Side } from '../dialogue/observation.js';
import { judge } from '../dialogue/transfer-outcome.js';
import { isIntermediate, isNegative, isPreliminary } from '../protocol/reply.js';
import type { Conversation } from './conversation.js';
import { endFlow, reportOverdue } from './link-effects.js';
import type { Links } from './links.js';
import type { Slot } from './outbox.js';

/** After a negative reply, how long a download may still deliver what the server sent before it. */
const LAST_BYTES_GRACE_MS = 1000;
/** After a positive reply, how long the server's data connection may still take to show up. */
const LATE_CONNECTION_MS = 5000;
/** How long the data of a transfer that the server has confirmed may stand still before its end. */
const LATE_END_MS = 5000;

/** A transfer's final reply, held in the client's outbox. */
interface Settlement {
  readonly exchange: Exchange;
  readonly link: DataLink;
  readonly reply: string;
  readonly negative: boolean;
  readonly slot: Slot;
}

export class TransferSettlement {
  constructor(
    private readonly conversation: Conversation,
    private readonly links: Links,
  ) {}

  /** Takes a transfer's final reply, whole: lets it go when the data has ended, and closes the link. */
  settle(exchange: Exchange, link: DataLink, code: number, reply: string, slot: Slot): void {
    const negative = isNegative(code) || isIntermediate(code);
    const settlement = { exchange, link, reply, negative, slot };
    if (settlement.negative && !exchange.started) {
      slot.release();
      this.links.release(link, reply);
      return;
    }
    if (link.aborting) this.links.finish(link, { kind: 'aborted' });
    if (link.dataEnded) return this.conclude(settlement);
    if (!negative && link.flowing && this.conversation.endIsInData) return this.keep(settlement);
    if (!negative && link.flowing && link.transfer?.direction === 'upload') return this.believe(settlement);
    this.links.whenEnded(link, () => this.conclude(settlement));
    if (settlement.negative) return this.giveUpSoon(settlement);
    if (!exchange.started) this.links.begin(link);
    link.confirm(this.conversation.at + LATE_END_MS);
    if (link.server.status !== 'connected') link.giveUpBy(this.conversation.at + LATE_CONNECTION_MS);
  }

  /** Time has gone by: gives up what has been waited for long enough. */
  wake(): void {
    const { at, policy } = this.conversation;
    for (const link of this.links.all) {
      if (link.overdueAt !== null && at >= link.overdueAt) this.reportOverdue(link);
      if (link.giveUpAt !== null && at >= link.giveUpAt) this.giveUp(link);
      else if (link.busy && at - link.lastMovedAt >= policy.dataTimeoutMs) this.links.timeOut(link);
    }
  }

  /** The transfer is over, no matter who closes the data connection, and when. */
  private keep(settlement: Settlement): void {
    const { link } = settlement;
    this.links.whenEnded(link, () => this.conclude(settlement));
    endFlow(this.conversation, link);
  }

  /** The receiver has all that it wants: nothing is left to wait for, but for the client to end its side. */
  private believe({ link, slot, reply }: Settlement): void {
    slot.release();
    link.confirm(null);
    link.giveUpBy(this.conversation.at + LATE_END_MS);
    this.links.whenEnded(link, () => this.links.close(link, { kind: 'settled', negative: false, reply, heard: true }));
  }

  private giveUp(link: DataLink): void {
    link.giveUpBy(null);
    if (link.aborting) return this.links.finish(link, { kind: 'aborted' });
    if (link.flowing && link.confirmed) return this.links.finish(link, withoutEnd(link));
    if (link.flowing) {
      const reason = 'the data connection did not end';
      return this.links.finish(link, { kind: 'broken', side: 'server', cause: 'stalled', reason });
    }
    const vanished = link.vanishedLeg?.absence ?? null;
    if (vanished !== null) return this.links.finish(link, brokenBy(vanished.side, vanished.words, 'closed'));
    const absent = link.waitsFor();
    const cause = link.server.status === 'connected' ? (absent?.cause ?? 'stalled') : 'no-data-connection';
    const reason = absent?.words ?? 'no data connection was made';
    this.links.finish(link, { kind: 'broken', side: 'server', cause, reason });
  }

  private reportOverdue(link: DataLink): void {
    if (!link.confirmed || !link.flowing) return reportOverdue(this.conversation, link);
    const dueAt = link.lastMovedAt + LATE_END_MS;
    if (this.conversation.at < dueAt) return link.expectBy(dueAt);
    link.missEnd();
    const { number, transfer } = link;
    const detail = `data connection ${number} has not ended, and nothing moved on it for ${LATE_END_MS / 1000} s`;
    const action = `the reply to ${transfer?.verb ?? 'the transfer'} is held back`;
    this.conversation.violation('server', 'data-end-overdue', detail, action);
  }

  private giveUpSoon({ link, reply }: Settlement): void {
    if (link.flowing && link.transfer?.direction === 'download') {
      link.giveUpBy(this.conversation.at + LAST_BYTES_GRACE_MS);
      return;
    }
    this.links.finish(link, { kind: 'broken', side: 'server', cause: 'failed-by-server', reason: reply });
  }

  private conclude({ link, slot, negative, reply, exchange }: Settlement): void {
    const verdict = judge(link, { kind: 'settled', negative, reply });
    const { outcome, reason } = verdict;
    // A client whose data never ended, and who closed its side first, knows how much it got: it hears what the server said.
    if (outcome === 'failed' && !negative && verdict.cause !== 'no-end-of-data') {
      this.conversation.sayInPlace(slot, `426 Data connection lost, transfer aborted: ${reason}`, exchange);
    } else {
      slot.release();
    }
    this.links.closeWith(link, verdict);
  }
}

/** The server has confirmed the transfer, and the sender does not end the data. */
export function withoutEnd({ transfer }: DataLink): DataEnd {
  const sender: Side = transfer?.direction === 'upload' ? 'client' : 'server';
  const reason = `the ${sender} did not end the data`;
  return { kind: 'broken', side: sender, cause: 'no-end-of-data', reason };
}

/** Whether a transfer's reply must wait for its data: it is a final one, and a link is under way. */
export function mustWaitForData(exchange: Exchange, code: number): boolean {
  return exchange.isTransfer && exchange.link !== null && !isPreliminary(code);
}
