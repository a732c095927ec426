// What a session has shown so far, for the rules: facts looked up, nothing judged. Bounded: of commands and links the newest are kept.
import type {
  CommandSeen,
  Observation,
  ReplySeen,
  ServerConnected,
  SessionOpened,
  Side,
  TlsSeen,
  Violation,
} from '../dialogue/observation.js';
import { verbFacts } from '../protocol/verbs.js';
import { FolderPicture } from './folder-picture.js';
import type { LinkPicture } from './link-picture.js';
import { type ClientKind, clientKindBy, type ServerKind, serverKindBy } from './peers.js';
import { SessionPace } from './session-pace.js';

/** A command and what answered it. */
export interface ExchangePicture {
  readonly command: CommandSeen;
  /** The newest last; preliminary ones included. */
  readonly replies: ReplySeen[];
  /** The data link that the command announced or used; null where it has none. */
  link: LinkPicture | null;
}

const MAX_EXCHANGES = 32;
const MAX_LINKS = 16;
const MAX_VIOLATIONS = 16;

export class SessionPicture {
  opened: SessionOpened | null = null;
  connected: ServerConnected | null = null;
  greeting: ReplySeen | null = null;
  serverKind: ServerKind | null = null;
  clientKind: ClientKind | null = null;
  /** As the client gave it; null before USER. */
  user: string | null = null;
  isLoggedIn = false;
  /** The representation type in force, as the server agreed to it; null before the first TYPE (RFC 959 section 3.1.1: ASCII). */
  type: string | null = null;
  mode = 'S';
  /** The restart offset that the next transfer begins at. */
  restartAt: number | null = null;
  /** The newest offset that was agreed to, be the transfer over or not. */
  newestRestart: number | null = null;
  /** PROT, as agreed on with the client. */
  protection: 'C' | 'P' | null = null;
  /** Features that the server lists, verb first, in upper case; null before FEAT was answered. */
  features: readonly string[] | null = null;
  /** The newest handshake on each control connection. */
  readonly tls: Partial<Record<Side, TlsSeen>> = {};
  /** How often the client said each verb; how often the server refused it. */
  readonly said = new Map<string, number>();
  readonly refused = new Map<string, number>();
  readonly violations: Violation[] = [];
  /** The folder that it is in. */
  readonly folder = new FolderPicture();
  newestExchange: ExchangePicture | null = null;
  newestReply: ReplySeen | null = null;
  /** Where its time goes. */
  readonly pace = new SessionPace();
  /** The newest reply that answers no command. */
  unasked: ReplySeen | null = null;
  /** Transfers that were complete. */
  completeTransfers = 0;
  private readonly exchanges = new Map<number, ExchangePicture>();
  private readonly links = new Map<number, LinkPicture>();
  private newestLink: LinkPicture | null = null;
  /** The newest PASV, EPSV, PORT or EPRT, while no link belongs to it. */
  private announcing: ExchangePicture | null = null;

  /** Whether a proxy stands between the peers, so that the legs differ; false in captures. */
  get isRelayed(): boolean {
    return this.opened !== null && this.opened.listener !== null;
  }

  /** Null for the greeting, unasked replies, and commands long past. */
  exchangeOf(reply: Pick<ReplySeen, 'answers'>): ExchangePicture | null {
    return reply.answers === null ? null : (this.exchanges.get(reply.answers) ?? null);
  }

  /** The command that a reply answers. */
  commandOf(reply: Pick<ReplySeen, 'answers'>): CommandSeen | null {
    return this.exchangeOf(reply)?.command ?? null;
  }

  link(number: number | null): LinkPicture | null {
    return number === null ? null : (this.links.get(number) ?? null);
  }

  /** The data link that an observation is about; null where it is about none. */
  linkOf(observation: Observation): LinkPicture | null {
    if ('link' in observation) return this.link(observation.link ?? null);
    return observation.kind === 'reply' ? (this.exchangeOf(observation)?.link ?? null) : null;
  }

  /** Links that are kept, the oldest first. */
  get allLinks(): readonly LinkPicture[] {
    return [...this.links.values()];
  }

  /** Exchanges that are kept, the oldest first. */
  get allExchanges(): readonly ExchangePicture[] {
    return [...this.exchanges.values()];
  }

  take(observation: Observation): void {
    this.pace.take(observation);
    switch (observation.kind) {
      case 'session-opened':
        this.opened = observation;
        return;
      case 'server-connected':
        this.connected = observation;
        return;
      case 'command':
        return this.command(observation);
      case 'reply':
        return this.reply(observation);
      case 'tls':
        if (observation.leg === 'control') this.tls[observation.side] = observation;
        else {
          const link = this.link(observation.link);
          if (link !== null) link.tls[observation.side] = observation;
        }
        return;
      case 'rewrite': {
        const link = this.link(observation.link);
        if (link !== null) link.rewrite = observation;
        return;
      }
      case 'link-opened':
      case 'link-progress':
      case 'link-closed':
        return this.linkNews(observation);
      case 'violation':
        if (this.violations.length < MAX_VIOLATIONS) this.violations.push(observation);
        return;
      case 'server-chosen':
      case 'held-reply':
      case 'noise':
      case 'note':
      case 'gap':
      case 'finding':
      case 'session-closed':
        return;
    }
  }

  private command(command: CommandSeen): void {
    const { verb, argument, number, by } = command;
    const exchange: ExchangePicture = { command, replies: [], link: null };
    this.exchanges.set(number, exchange);
    forgetOldest(this.exchanges, MAX_EXCHANGES);
    this.newestExchange = exchange;
    this.clientKind ??= clientKindBy(command);
    if (by !== 'proxy') this.said.set(verb, (this.said.get(verb) ?? 0) + 1);
    if (verb === 'USER') this.user = argument;
    const facts = verbFacts(verb);
    if (facts?.transfer !== undefined) this.bindTransfer(exchange);
    if (facts?.announces !== undefined) this.announcing = exchange;
  }

  /** A transfer uses the port that was announced last. */
  private bindTransfer(exchange: ExchangePicture): void {
    const link = this.newestLink;
    if (link === null || link.closed !== null || link.transfer !== null) return;
    link.transfer = exchange.command;
    link.startsAt = this.restartAt ?? 0;
    exchange.link = link;
  }

  private reply(reply: ReplySeen): void {
    this.newestReply = reply;
    if (reply.by === 'server') this.serverKind ??= serverKindBy(reply);
    const exchange = this.exchangeOf(reply);
    if (exchange === null) {
      if (this.greeting === null && this.exchanges.size === 0) this.greeting = reply;
      // 421 may come at any time (RFC 959 section 5.4).
      else if (reply.answers === null && reply.by === 'server' && reply.code !== 421) this.unasked = reply;
      return;
    }
    exchange.replies.push(reply);
    const { link } = exchange;
    if (link !== null && link.transfer === exchange.command) link.replies.push(reply);
    if (link !== null && link.announcing === exchange.command) link.announcement = reply;
    if (reply.preliminary) return;
    this.folder.reply(exchange.command, reply);
    const { verb } = exchange.command;
    if (reply.code >= 500) this.refused.set(verb, (this.refused.get(verb) ?? 0) + 1);
    if (reply.code < 400) this.agreed(exchange.command, reply);
    if (verbFacts(verb)?.transfer !== undefined) this.restartAt = null;
  }

  /** The server agreed to a command. */
  private agreed({ verb, argument }: CommandSeen, { code, lines }: ReplySeen): void {
    if (code === 230) this.isLoggedIn = true;
    if (verb === 'TYPE') this.type = argument.toUpperCase();
    else if (verb === 'MODE') this.mode = argument.toUpperCase();
    else if (verb === 'REST') {
      this.restartAt = Number(argument);
      this.newestRestart = this.restartAt;
    } else if (verb === 'REIN') this.isLoggedIn = false;
    else if (verb === 'PROT' && /^[CP]$/i.test(argument)) this.protection = /^P$/i.test(argument) ? 'P' : 'C';
    else if (verb === 'FEAT') this.features = lines.slice(1, -1).map((line) => line.trim().toUpperCase());
  }

  private linkNews(news: Extract<Observation, { kind: 'link-opened' | 'link-progress' | 'link-closed' }>): void {
    const known = this.links.get(news.link) ?? this.openLink(news);
    if (known === null) return;
    known.latest = news;
    if (news.kind !== 'link-closed') return;
    known.closed = news;
    this.folder.linkClosed(news);
    if (news.outcome === 'complete') this.completeTransfers += 1;
  }

  private openLink(news: Observation): LinkPicture | null {
    if (news.kind !== 'link-opened') return null;
    const exchange = this.announcing;
    this.announcing = null;
    const link: LinkPicture = {
      number: news.link,
      opened: news,
      latest: news,
      announcing: exchange?.command ?? null,
      announcement: exchange?.replies.at(-1) ?? null,
      rewrite: null,
      transfer: null,
      startsAt: 0,
      replies: [],
      tls: {},
      closed: null,
    };
    this.links.set(link.number, link);
    forgetOldest(this.links, MAX_LINKS);
    this.newestLink = link;
    if (exchange !== null) exchange.link = link;
    return link;
  }
}

function forgetOldest<V>(map: Map<number, V>, most: number): void {
  const [oldest] = map.keys();
  if (map.size > most && oldest !== undefined) map.delete(oldest);
}
