// A transfer's replies and its data, brought into order: 150 -> data -> end of data -> 226. The server's 226 may come before
// the last byte was read, and a success must never be told of data that was lost here. The reply waits in a slot meanwhile.

import type { DataLink } from '../dialogue/data-link.js';
import type { Exchange } from '../dialogue/dialogue.js';
import { bothReasons, missing, type Verdict } from '../dialogue/link-reasons.js';
import { isNegative, isPreliminary } from '../protocol/reply.js';
import type { Conversation } from './conversation.js';
import { ABORTED, type Links } from './links.js';
import type { Slot } from './outbox.js';

/** After a negative reply, how long a download may still deliver what the server sent before it. */
const LAST_BYTES_GRACE_MS = 1000;
/** After a positive reply, how long the server's data connection may still take to show up. */
const LATE_CONNECTION_MS = 5000;

/** A transfer's final reply, held in the client's outbox. */
interface Settlement {
  readonly exchange: Exchange;
  readonly link: DataLink;
  readonly text: string;
  readonly negative: boolean;
  readonly slot: Slot;
}

export class TransferSettlement {
  constructor(
    private readonly conversation: Conversation,
    private readonly links: Links,
  ) {}

  /** Takes a transfer's final reply, whole: lets it go when the data has ended, and closes the link. */
  settle(exchange: Exchange, link: DataLink, code: number, text: string, slot: Slot): void {
    const settlement = { exchange, link, text, negative: isNegative(code), slot };
    if (settlement.negative && !exchange.started) {
      slot.release();
      this.links.release(link, text);
      return;
    }
    if (link.aborting) this.links.finish(link, ABORTED);
    if (link.end !== null) return this.conclude(settlement);
    link.whenEnded = () => this.conclude(settlement);
    if (settlement.negative) return this.giveUpSoon(settlement);
    if (!exchange.started) this.links.clear(link);
    if (link.server.status !== 'connected') link.giveUpAt = this.conversation.at + LATE_CONNECTION_MS;
  }

  /** Time has gone by: gives up what has been waited for long enough. */
  wake(): void {
    const { at, policy } = this.conversation;
    for (const link of this.links.all) {
      if (link.overdueAt !== null && at >= link.overdueAt) this.links.tellOverdue(link);
      if (link.giveUpAt !== null && at >= link.giveUpAt) this.giveUp(link);
      else if (link.busy && at - link.lastMovedAt >= policy.dataTimeoutMs) this.links.timeOut(link);
    }
  }

  private giveUp(link: DataLink): void {
    link.giveUpAt = null;
    if (link.aborting) return this.links.finish(link, ABORTED);
    const reason = link.flowing ? 'the data connection did not end' : (missing(link) ?? 'no data connection was made');
    this.links.finish(link, { kind: 'broken', side: 'server', reason });
  }

  private giveUpSoon(settlement: Settlement): void {
    const { link } = settlement;
    if (link.flowing && link.transfer?.direction === 'download') {
      link.giveUpAt = this.conversation.at + LAST_BYTES_GRACE_MS;
      return;
    }
    this.links.finish(link, { kind: 'broken', side: 'server', reason: settlement.text });
  }

  private conclude(settlement: Settlement): void {
    const { link, slot } = settlement;
    const { outcome, reason } = judge(settlement);
    if (outcome === 'failed' && !settlement.negative) {
      const lost = `426 Data connection lost, transfer aborted: ${reason}`;
      this.conversation.sayInPlace(slot, lost, settlement.exchange);
    } else {
      slot.release();
    }
    this.links.close(link, outcome, reason);
  }
}

function judge({ link, negative, text }: Settlement): Verdict {
  const { end } = link;
  if (end?.kind === 'aborted') return { outcome: 'aborted', reason: end.reason };
  if (negative) return { outcome: 'failed', reason: end?.kind === 'broken' ? bothReasons(end.reason, text) : text };
  if (end === null || end.kind === 'drained') return { outcome: 'complete', reason: null };
  // The server claims success and never connected: there was nothing to lose (an empty listing, on some servers).
  const nothingToLose = end.side === 'server' && link.flowingSince === null && link.server.status !== 'connected';
  if (nothingToLose && link.server.status !== 'failed')
    return { outcome: 'complete', reason: 'no data connection was made' };
  return { outcome: 'failed', reason: end.reason };
}

/** Whether a transfer's reply must wait for its data: it is a final one, and a link is under way. */
export function mustWaitForData(exchange: Exchange, code: number): boolean {
  return exchange.isTransfer && exchange.link !== null && !isPreliminary(code);
}
