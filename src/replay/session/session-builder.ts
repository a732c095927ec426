// Observations of one session, in order, to the session that can be lived through again. Pure; what it keeps is counted, so that
// whoever holds many of them can bound that.
import type {
  CommandSeen,
  HeldReply,
  LinkClosed,
  Observation,
  ReplySeen,
  SessionOpened,
} from '../../dialogue/observation.js';
import { Secrets } from '../../dialogue/secrets.js';
import { secretOf } from '../../protocol/command.js';
import { isPreliminary } from '../../protocol/reply.js';
import { verbFacts } from '../../protocol/verbs.js';
import {
  began,
  carriedData,
  directionOf,
  type Held,
  type Outstanding,
  type RecordedExchange,
  type RecordedReply,
  type RecordedSession,
  type RecordedTransfer,
} from './recorded-session.js';

/** More commands in one session than these are left out. */
const MAX_EXCHANGES = 50_000;
/** Commands that are sent without waiting for the replies to earlier ones; beyond that, the oldest are waited for. */
export const MAX_OUTSTANDING = 64;
/** What an exchange costs beside its text, about. */
const EXCHANGE_BYTES = 400;
const OUTSTANDING_BYTES = 48;

/** Links end after their commands, in any order; those whose command is still to be found are few. */
const MAX_OPEN_TRANSFERS = 64;

interface Building extends RecordedExchange {
  readonly replies: RecordedReply[];
  transfer: RecordedTransfer | null;
}

export class SessionBuilder {
  /** About how much memory is held. */
  bytesHeld = 0;
  private readonly exchanges: Building[] = [];
  private readonly byNumber = new Map<number, Building>();
  /** Commands that are still to get their last reply, in order. */
  private open: Building[] = [];
  /** Transfers whose link has not been told of, in order. */
  private unlinked: Building[] = [];
  private readonly missingOfLinks = new Map<number, number>();
  private greeting: RecordedReply | null = null;
  /** Some command has got a reply. */
  private answered = false;
  /** Of a recording that shows them. */
  private readonly secrets = new Secrets();
  private server: SessionOpened['server'];
  private encrypted = false;
  private wentDark = false;
  private missingBytes = 0;
  private omittedCommands = 0;
  private lastHeardAt: number;

  constructor(private readonly opened: SessionOpened) {
    this.server = opened.server;
    this.lastHeardAt = opened.at;
  }

  add(observation: Observation): void {
    switch (observation.kind) {
      case 'server-chosen':
        this.server = observation.server;
        break;
      case 'command':
        this.command(observation);
        break;
      case 'reply':
        this.reply(observation);
        break;
      case 'held-reply':
        this.heldReply(observation);
        break;
      case 'link-closed':
        this.linkClosed(observation);
        break;
      case 'tls':
        if (observation.side === 'server' && observation.leg === 'control' && observation.failure === null)
          this.encrypted = true;
        break;
      case 'violation':
        if (observation.code === 'encrypted-passthrough') this.wentDark = true;
        break;
      case 'gap':
        this.gap(observation.link, observation.bytes);
        break;
      default:
    }
  }

  get session(): RecordedSession {
    const { opened, server, greeting, exchanges, encrypted, missingBytes, omittedCommands, wentDark, bytesHeld } = this;
    const { session: number, at: openedAt, client } = opened;
    const found = { greeting, exchanges, encrypted, missingBytes, omittedCommands, wentDark, bytesHeld };
    const relayed = opened.how !== 'capture' && opened.how !== 'replay';
    return { number, openedAt, client, server, relayed, forwarded: opened.how === 'forward', ...found };
  }

  private command({ number, verb, argument, line, end, at, by }: CommandSeen): void {
    this.secrets.learn({ verb, argument });
    if (by === 'proxy') return;
    if (this.exchanges.length >= MAX_EXCHANGES) {
      this.omittedCommands += 1;
      return;
    }
    const exchange: Building = {
      number,
      verb,
      argument,
      line,
      end: end ?? null,
      at,
      replies: [],
      transfer: null,
      during: this.open.map(outstanding),
      beforeGreeting: this.greeting === null && !this.answered,
      pauseMs: Math.max(0, at - this.lastHeardAt),
    };
    this.bytesHeld += EXCHANGE_BYTES + 2 * line.length + OUTSTANDING_BYTES * this.open.length;
    this.exchanges.push(exchange);
    this.byNumber.set(number, exchange);
    this.open = [...this.open, exchange].slice(-MAX_OUTSTANDING);
    if (directionOf(verb) !== null) this.unlinked = [...this.unlinked, exchange].slice(-MAX_OPEN_TRANSFERS);
  }

  private reply({ code, lines, at, answers, latencyMs, by, held }: ReplySeen): void {
    if (held === undefined) this.lastHeardAt = at;
    const byProxy = by === 'proxy';
    if (answers === null) {
      if (this.greeting === null && !this.answered) this.greeting = { code, lines, at, latencyMs, byProxy };
      return;
    }
    const exchange = this.byNumber.get(answers);
    if (exchange === undefined) return;
    this.answered = true;
    // The proxy had answered in the server's place: the client heard nothing of this.
    if (!byProxy && exchange.replies.some((earlier) => earlier.byProxy && !isPreliminary(earlier.code))) return;
    const shown = this.secrets.maskReply(lines, secretOf(exchange));
    exchange.replies.push({ code, lines: shown, at, latencyMs, byProxy });
    this.bytesHeld += lines.reduce((sum, line) => sum + line.length, EXCHANGE_BYTES);
    if (!isPreliminary(code) && held === undefined) this.close(exchange);
  }

  /** The client has a reply only when it was delivered. */
  private heldReply({ state, at, code, answers }: HeldReply): void {
    if (state !== 'delivered') return;
    this.lastHeardAt = at;
    const exchange = this.byNumber.get(answers ?? 0);
    if (exchange !== undefined && !isPreliminary(code)) this.close(exchange);
  }

  /** Replies come in the order of their commands: what is older and not a running transfer has lost its own. */
  private close(exchange: Building): void {
    this.open = this.open.filter((one) => one !== exchange && (one.number > exchange.number || runs(one)));
  }

  private linkClosed(closed: LinkClosed): void {
    const { link, verb, path, direction } = closed;
    if (verb === null || direction === null) return;
    const fits = this.unlinked.find(
      (one) => one.verb === verb && one.argument === path && (closed.outcome === 'refused' || carriedData(one)),
    );
    if (fits === undefined) return;
    this.unlinked = this.unlinked.filter((one) => one !== fits);
    const missingBytes = this.missingOfLinks.get(link) ?? 0;
    fits.transfer = {
      link,
      direction,
      mode: closed.client.mode,
      bytes: closed.bytes,
      durationMs: closed.durationMs,
      outcome: closed.outcome,
      reason: closed.reason,
      sha256: closed.sha256 ?? null,
      payload: closed.payload ?? null,
      missingBytes,
      held: held(closed, missingBytes),
    };
  }

  private gap(link: number | null, bytes: number): void {
    if (link === null) this.missingBytes += bytes;
    else this.missingOfLinks.set(link, (this.missingOfLinks.get(link) ?? 0) + bytes);
  }
}

/** Nothing was transferred where the link is complete without remark, or without a data connection, as some servers send an empty listing. */
function held({ payload, bytes, outcome, cause, reason }: LinkClosed, missingBytes: number): Held {
  if (missingBytes > 0) return 'nothing';
  const isWhole = outcome === 'complete' && (reason === null || cause === 'no-data-connection');
  if (payload === undefined) return isWhole && bytes === 0 ? 'all' : 'nothing';
  return isWhole ? 'all' : 'start';
}

function runs(exchange: Building): boolean {
  return verbFacts(exchange.verb)?.transfer !== undefined && began(exchange);
}

function outstanding({ number, replies }: Building): Outstanding {
  return { number, replies: replies.length };
}
