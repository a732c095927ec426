// How a session ends. The first reason wins; what was held back is let go or answered, never left hanging; nobody is told of
// a success that did not happen.

import type { DataLink } from '../dialogue/data-link.js';
import type { Exchange } from '../dialogue/exchange.js';
import type { ClientRefusal, SessionEnd, Side } from '../dialogue/observation.js';
import type { Conversation } from './conversation.js';
import type { Links } from './links.js';

/** How long a client that has sent its last byte may wait for what the server still says, and keep it waiting for a data connection. */
const LINGER_MS = 10_000;

/** Of a certificate's names, in a reason. */
const MAX_NAMES_TOLD = 5;

/** Whatever closes the connection after it. */
const QUIT: SessionEnd = { by: 'client', cause: 'quit', reason: 'QUIT' };

export class Ending {
  /** Nothing more happens: the last effects are out. */
  over = false;
  /** The proxy has turned a peer away: what still comes is passed over. */
  refusing = false;
  /** The first that was given: it stays. */
  private end: SessionEnd | null = null;
  private clientIsDone = false;
  private serverIsGone = false;
  private serverTold = false;

  constructor(
    private readonly conversation: Conversation,
    private readonly links: Links,
    /** The server says no more, or is not heard any more, in the middle of a reply perhaps. Says whether the client was told why. */
    private readonly breakOff: (why: string | null) => boolean,
  ) {}

  get begun(): boolean {
    return this.end !== null;
  }

  /** How long the control connections may be silent. */
  get patienceMs(): number {
    return this.clientIsDone ? LINGER_MS : this.conversation.policy.idleTimeoutMs;
  }

  /** Ends the session at once, with a 421 that says why. */
  turnAway(end: SessionEnd, remark = ''): void {
    if (this.refusing) return;
    this.breakOff(null);
    this.because(end);
    this.cutShort(end.reason);
    if (!this.clientIsDone) this.conversation.say(`421 ${sentence(end.reason)}${remark}`);
  }

  /** The client is let go before anything was relayed. */
  refuseClient(code: ClientRefusal, detail: string): void {
    this.conversation.violation('client', code, detail, 'session ended');
    const mark = code === 'too-many-sessions' ? ` (${this.conversation.policy.refusalMark})` : '';
    this.turnAway({ by: 'client', cause: code, reason: detail }, mark);
  }

  /** Where sessions beget sessions, the last one is refused, and our refusal comes back as the greeting of those before. It has been relayed. */
  cameBack(): void {
    const { conversation } = this;
    const detail = `${conversation.serverName} leads back to this proxy, over another proxy or a port forward: it greets with our own refusal`;
    conversation.violation('server', 'proxy-loop', detail, 'relayed unchanged');
    this.because({ by: 'proxy', cause: 'proxy-loop', reason: detail });
  }

  /** The client has taken leave before there was a server. */
  leave(): void {
    this.because(QUIT);
    this.cutShort(QUIT.reason);
  }

  /** The client sends no more: the server is told once it has got everything, and may answer what was asked. */
  clientEnded(quitAsked: boolean, how = 'the client closed the connection'): void {
    this.clientIsDone = true;
    if (this.conversation.server === null) this.cutShort('the client went away');
    const reason = `${how}${this.rightAfterHandshake}`;
    this.noteLeaving('client', how);
    this.because(quitAsked ? QUIT : { by: 'client', cause: 'closed', reason });
    const giveUpAt = this.conversation.at + LINGER_MS;
    for (const link of this.links.all) {
      if (link.busy && link.client.status !== 'connected') link.giveUpBy(link.giveUpAt ?? giveUpAt);
    }
  }

  /** The server sends no more. What it left unanswered is answered here; data that still flows may end. */
  serverEnded(quitAsked: boolean, greeted: boolean, greetingHeld: boolean): void {
    this.serverIsGone = true;
    const end: SessionEnd = greeted
      ? { by: 'server', cause: 'closed', reason: 'the server closed the connection' }
      : { by: 'server', cause: 'no-greeting', reason: 'the server closed the connection without a greeting' };
    this.because(quitAsked ? QUIT : end);
    if (!greeted) return this.turnAway(end);
    if (greetingHeld) return this.turnAway({ ...end, reason: `${end.reason} before TLS was agreed on` });
    this.answerForTheServer(end.reason);
    this.noteLeaving('server', end.reason);
  }

  /** A control connection broke. */
  lost(end: SessionEnd & { readonly by: Side }, quitAsked: boolean, greetingHeld: boolean): void {
    const isNews = !this.begun && !quitAsked;
    const reason = end.by === 'client' ? `${end.reason}${this.rightAfterHandshake}` : end.reason;
    this.because(quitAsked ? QUIT : { ...end, reason });
    if (end.by === 'client') {
      // Data may be behind its end already, and whole: a connection that is closed over unread replies is reset.
      if (this.links.all.some(hasClientsData)) return this.clientEnded(quitAsked, end.reason);
      this.clientIsDone = true;
      return this.cutShort(quitAsked ? QUIT.reason : 'the client went away');
    }
    this.serverIsGone = true;
    // What it waits for was asked by the proxy, and is not answered any more.
    if (greetingHeld) return this.turnAway(end);
    const unasked = this.conversation.dialogue.open.length === 0;
    this.answerForTheServer(end.reason);
    this.noteLeaving('server', end.reason);
    // A client that has asked nothing hears of it too: a mere close would not tell the reason.
    if (isNews && unasked) this.conversation.say(`421 ${sentence(end.reason)}`);
  }

  /** `silent`: the server has said nothing else either. */
  noGreeting(silent: boolean): void {
    const { serverName, policy } = this.conversation;
    const waited = `no greeting within ${policy.connectTimeoutMs / 1000} s`;
    const reason = silent
      ? `${serverName} is silent: ${waited} (a server of implicit FTPS waits for TLS in silence)`
      : `${serverName} does not speak FTP: ${waited}`;
    this.turnAway({ by: 'server', cause: 'no-greeting', reason });
  }

  noReply(verb: string): void {
    const { serverName, policy } = this.conversation;
    const reason = `${serverName} did not answer ${verb} within ${policy.replyTimeoutMs / 1000} s`;
    this.turnAway({ by: 'server', cause: 'no-reply', reason });
  }

  noLogin(loginTimeoutMs: number): void {
    this.turnAway({ by: 'proxy', cause: 'no-login', reason: `no login within ${loginTimeoutMs / 1000} s` });
  }

  silence(idleTimeoutMs: number): void {
    if (this.clientIsDone) return this.cutShort('the server did not answer the end of the connection');
    this.turnAway({ by: 'proxy', cause: 'idle', reason: `idle for ${idleTimeoutMs / 1000} s` });
  }

  /** Brings the session over once nothing is left to wait for. */
  proceed(): void {
    const { conversation, end } = this;
    if (end === null) return;
    if (
      this.clientIsDone &&
      !this.refusing &&
      !this.serverTold &&
      conversation.toServer.empty &&
      conversation.server !== null
    ) {
      this.serverTold = true;
      conversation.effect({ kind: 'end-control', side: 'server' });
    }
    const served = this.serverIsGone && conversation.toClient.empty && !this.links.busy;
    if (!served && !this.refusing) return;
    for (const link of this.links.all) this.abandon(link, end.reason);
    this.breakOff(null);
    conversation.observer.sessionClosed(conversation.at, end);
    conversation.effect({ kind: 'session-over' });
    this.over = true;
  }

  /** Many clients look at a certificate when the handshake is over, and leave without a word where they do not like it. */
  private get rightAfterHandshake(): string {
    const { shownNames } = this.conversation;
    if (shownNames === null) return '';
    const names = shownNames.length <= MAX_NAMES_TOLD ? shownNames : [...shownNames.slice(0, MAX_NAMES_TOLD), '...'];
    return ` right after the TLS handshake (does it trust our certificate for ${names.join(', ')}?)`;
  }

  private because(end: SessionEnd): void {
    this.end ??= end;
  }

  /** A transfer may outlast the control connection: the session's end is reported behind it, and that is late news. */
  private noteLeaving(side: Side, how: string): void {
    const { observer, at, dialogue } = this.conversation;
    const [waiting] = dialogue.transfers;
    const flowing = this.links.all.find(({ busy }) => busy)?.transfer;
    const transfer = waiting === undefined ? flowing : { verb: waiting.verb, path: waiting.argument };
    if (transfer === undefined || transfer === null || this.refusing) return;
    const what = `${transfer.verb} ${transfer.path}`.trimEnd();
    observer.noteOnce(at, side, 'left-during-transfer', `${how}; ${what} is still under way`);
  }

  /** Lets everything go that waits: links broken, slots empty. */
  private cutShort(reason: string): void {
    this.refusing = true;
    for (const link of this.links.all) this.abandon(link, reason);
    this.conversation.toClient.abandonSlots();
    this.conversation.toServer.abandonSlots();
  }

  /** Ends a link's data; where its final reply is known, that settles it, and otherwise it is closed here. */
  private abandon(link: DataLink, reason: string): void {
    this.links.finish(link, { kind: 'broken', side: null, cause: 'session-ended', reason });
    this.links.close(link, { kind: 'session-ended', reason });
  }

  /** What flows may still come to its end, which is all the client needs to have its file. */
  private answerTransfer(exchange: Exchange, reason: string, whoLeft: string): void {
    const { link } = exchange;
    const answer = () => {
      if (link !== null) this.abandon(link, whoLeft);
      this.conversation.answer(exchange, `426 Transfer aborted: ${reason}`);
    };
    if (link?.flowing) this.links.whenEnded(link, answer);
    else answer();
  }

  private answerForTheServer(reason: string): void {
    const { conversation } = this;
    const whoLeft = this.clientIsDone ? (this.end?.reason ?? reason) : reason;
    let told = this.breakOff(`421 ${sentence(reason)}`);
    for (const exchange of conversation.dialogue.open) {
      if (exchange.runs) {
        this.answerTransfer(exchange, reason, whoLeft);
        continue;
      }
      if (exchange.isTransfer && exchange.link !== null) this.abandon(exchange.link, whoLeft);
      if (!told && isOwedAReply(exchange)) {
        conversation.answer(exchange, `421 ${sentence(reason)}`);
        told = true;
      } else {
        conversation.dialogue.forget(exchange);
      }
    }
    conversation.flushOwnReplies();
  }
}

/** With a capital, as replies begin. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The client's data connection stands, and its bytes and their end are on their way. */
function hasClientsData({ busy, client }: DataLink): boolean {
  return busy && client.status === 'connected';
}

function isOwedAReply(exchange: Exchange): boolean {
  return exchange.verb !== 'QUIT' && !exchange.mayStayUnanswered && !exchange.internal;
}
