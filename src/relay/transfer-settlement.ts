// A transfer's replies and its data, brought into order: 150 -> data -> end of data -> 226. The server's 226 may come before
// the last byte was read, and the client must not hear of a success when data was lost here. The reply waits in a slot meanwhile.
//
//   final reply   when it comes before the data's end              what the client hears in the end
//   4yz, 5yz      before the transfer began: it is refused         the reply, at once; the port is free for the next transfer
//   4yz, 5yz      a download may still deliver what was sent       the reply, after at most LAST_BYTES_GRACE_MS
//   4yz, 5yz      an upload has nobody to go to any more           the reply, at once
//   2yz           the data goes on to its end                      the reply; a 426 of ours if bytes were lost on our legs
//   2yz           and the server never connected                   the reply, after at most LATE_CONNECTION_MS
//
// How the transfer is judged is in dialogue/transfer-outcome.ts.
import type { DataLink } from '../dialogue/data-link.js';
import type { Exchange } from '../dialogue/dialogue.js';
import { judge } from '../dialogue/transfer-outcome.js';
import { isNegative, isPreliminary } from '../protocol/reply.js';
import type { Conversation } from './conversation.js';
import type { Links } from './links.js';
import type { Slot } from './outbox.js';

/** After a negative reply, how long a download may still deliver what the server sent before it. */
const LAST_BYTES_GRACE_MS = 1000;
/** After a positive reply, how long the server's data connection may still take to show up. */
const LATE_CONNECTION_MS = 5000;

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
    const settlement = { exchange, link, reply, negative: isNegative(code), slot };
    if (settlement.negative && !exchange.started) {
      slot.release();
      this.links.release(link, reply);
      return;
    }
    if (link.aborting) this.links.finish(link, { kind: 'aborted' });
    if (link.dataEnded) return this.conclude(settlement);
    this.links.whenEnded(link, () => this.conclude(settlement));
    if (settlement.negative) return this.giveUpSoon(settlement);
    if (!exchange.started) this.links.begin(link);
    if (link.server.status !== 'connected') link.giveUpBy(this.conversation.at + LATE_CONNECTION_MS);
  }

  /** Time has gone by: gives up what has been waited for long enough. */
  wake(): void {
    const { at, policy } = this.conversation;
    for (const link of this.links.all) {
      if (link.overdueAt !== null && at >= link.overdueAt) this.links.reportOverdue(link);
      if (link.giveUpAt !== null && at >= link.giveUpAt) this.giveUp(link);
      else if (link.busy && at - link.lastMovedAt >= policy.dataTimeoutMs) this.links.timeOut(link);
    }
  }

  private giveUp(link: DataLink): void {
    link.giveUpBy(null);
    if (link.aborting) return this.links.finish(link, { kind: 'aborted' });
    if (link.flowing) {
      const reason = 'the data connection did not end';
      return this.links.finish(link, { kind: 'broken', side: 'server', cause: 'stalled', reason });
    }
    const absent = link.waitsFor();
    const cause = link.server.status === 'connected' ? (absent?.cause ?? 'stalled') : 'no-data-connection';
    const reason = absent?.words ?? 'no data connection was made';
    this.links.finish(link, { kind: 'broken', side: 'server', cause, reason });
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
    if (outcome === 'failed' && !negative) {
      this.conversation.sayInPlace(slot, `426 Data connection lost, transfer aborted: ${reason}`, exchange);
    } else {
      slot.release();
    }
    this.links.closeWith(link, verdict);
  }
}

/** Whether a transfer's reply must wait for its data: it is a final one, and a link is under way. */
export function mustWaitForData(exchange: Exchange, code: number): boolean {
  return exchange.isTransfer && exchange.link !== null && !isPreliminary(code);
}
