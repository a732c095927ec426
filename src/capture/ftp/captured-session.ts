// One FTP session as a capture shows it: the control connection's bytes become the observations that the live relay would make
// of them. There is no proxy in it: nothing is rewritten, nothing held back.

import { Dialogue } from '../../dialogue/dialogue.js';
import { Exchange, GREETING } from '../../dialogue/exchange.js';
import type { Observation, SessionEnd, Side } from '../../dialogue/observation.js';
import { Observer } from '../../dialogue/observer.js';
import { alertWords, type TlsFacts } from '../../dialogue/tls-facts.js';
import type { Endpoint } from '../../protocol/endpoint.js';
import { isTelnetAlone } from '../../protocol/telnet.js';
import { ClearHandshake } from '../tls/clear-handshake.js';
import { Alignment } from './alignment.js';
import { CapturedCommands, SHOWN_AS_IT_CAME } from './captured-commands.js';
import type { CapturedLink } from './captured-link.js';
import { CapturedReplies } from './captured-replies.js';
import type { ConnectionFinder } from './connection-finder.js';
import { type ControlOutput, ControlStream } from './control-stream.js';
import { FIRST_BELIEVED, SessionLinks } from './session-links.js';
import type { SharedBounds } from './shared-bounds.js';

/** Commands and replies in an envelope that only the two can open (RFC 2228 section 4). */
const PROTECTED_VERBS = new Set(['ENC', 'CONF']);

export interface CapturedIdentity {
  /** Numbers it as long as its place among the sessions is not known. */
  readonly key: number;
  readonly client: Endpoint;
  readonly server: Endpoint;
  readonly openedAt: number;
  /** Whether the capture holds its beginning. */
  readonly fromTheStart: boolean;
}

export interface CaptureContext {
  readonly showSecrets: boolean;
  readonly observe: (observation: Observation) => void;
  readonly finder: ConnectionFinder;
  readonly bounds: SharedBounds;
  /** It is known how it ended; a little may still be said. */
  readonly whenEnding: (session: CapturedSession) => void;
  readonly whenOver: (session: CapturedSession) => void;
}

const CUT_LINE = 'a line whose end is not in the capture';

export class CapturedSession {
  readonly links: SessionLinks;
  /** Nothing more can be read of it: its data connections are announced out of sight. Says why. */
  veil: string | null = null;
  /** Everything is told. */
  over = false;
  private readonly observer: Observer;
  private readonly dialogue = new Dialogue<CapturedLink>();
  private readonly commands: CapturedCommands;
  private readonly alignment: Alignment;
  private readonly replies: CapturedReplies;
  private readonly streams: Readonly<Record<Side, ControlStream>>;
  private readonly takers = {
    client: (output: ControlOutput) => this.takeCommandLine(output),
    server: (output: ControlOutput) => this.takeReplyLine(output),
  };
  /** The first that is seen: it stays. */
  private sessionEnd: SessionEnd | null = null;
  private controlClosed = false;
  /** Until when each side has spoken: its bytes can be read in their order alone, however they were captured. */
  private readonly spokeAt: Record<Side, number>;
  private outstanding = 0;
  /** What is in the clear of a handshake that is not decrypted. */
  private readonly handshake = new ClearHandshake();
  /** Since the client last did. */
  private serverSpoke = true;
  /** Something of what the server said is in the capture, or is known to be missing from it. */
  private serverHeard: boolean;

  constructor(
    readonly identity: CapturedIdentity,
    private readonly surroundings: CaptureContext,
  ) {
    const { key, client, server, openedAt, fromTheStart } = identity;
    const { showSecrets, observe, finder, bounds } = surroundings;
    const opened = { session: key, client, server, listener: null, how: 'capture', openedAt } as const;
    this.observer = new Observer(opened, showSecrets, observe);
    this.links = new SessionLinks(key, identity, openedAt, this.observer, this.dialogue, finder, bounds);
    this.alignment = new Alignment(this.dialogue, this.links);
    this.commands = new CapturedCommands(this.observer, this.dialogue, this.links, bounds);
    this.replies = new CapturedReplies(this.observer, this.dialogue, this.links, this.alignment, bounds, !fromTheStart);
    this.streams = { client: new ControlStream(bounds), server: new ControlStream(bounds) };
    this.serverHeard = !fromTheStart;
    this.spokeAt = { client: openedAt, server: openedAt };
    this.observer.sessionOpened();
    if (fromTheStart) this.dialogue.ask(new Exchange<CapturedLink>(null, GREETING, openedAt));
  }

  /** Bytes of the control connection. */
  take(from: Side, bytes: Buffer, at: number): void {
    if (this.isOverdue) return;
    this.isAt(from, at);
    if (from === 'client' && this.serverSpoke) this.alignment.clientGoesOn(bytes);
    this.serverSpoke = from === 'server';
    this.serverHeard ||= this.serverSpoke;
    const peer = this.streams[from === 'client' ? 'server' : 'client'];
    this.streams[from].push(bytes, peer.encrypted, this.takers[from]);
    // A record that comes behind text in one piece with it is passed over.
    const failed = this.streams[from].encrypted ? this.handshake.take(from, bytes) : null;
    if (failed !== null) this.secured(failed, this.links.at);
    this.noteOutstanding(this.dialogue.length);
  }

  /** The capture lacks bytes of the control connection. What came before them is not joined with what comes behind. */
  lost(from: Side, bytes: number, at: number): void {
    if (this.isOverdue) return;
    this.isAt(from, at);
    this.handshake.stop();
    // What was said was whole, perhaps: the gap tells that it is the capture that is not.
    this.cutLine(from, null);
    this.observer.gap(this.links.at, from, null, bytes);
    if (from === 'client') {
      this.commands.lost();
      this.replies.expectsStrays = true;
      return this.alignment.commandsLost(this.links.at);
    }
    this.serverSpoke = true;
    this.serverHeard = true;
    this.replies.repliesLost();
    this.alignment.repliesLost();
  }

  /** What is said on the control connection from here on was encrypted, and could be decrypted. */
  secured(tls: TlsFacts, at: number): void {
    if (this.isOverdue) return;
    this.links.passes(at);
    const failure = alertWords(tls);
    this.observer.tls(this.links.at, { side: 'server', leg: 'control', link: null, ...tls, failure });
  }

  /** Two segments of the control connection contradict each other. */
  contradicted(from: Side, bytes: number, at: number): void {
    if (this.isOverdue) return;
    this.isAt(from, at);
    const detail = `two segments say different things of the same ${bytes} bytes`;
    this.observer.violation(this.links.at, from, 'conflicting-segments', detail, FIRST_BELIEVED);
  }

  /** A side sends no more, or has broken the connection off. */
  ended(from: Side, how: 'fin' | 'reset', at: number): void {
    if (this.over) return;
    this.links.passes(at);
    this.flush(from, how === 'fin' ? 'the last line has no end' : CUT_LINE);
    this.because(this.endOf(from, how));
    if (from === 'client') this.replies.clientHasEnded = true;
  }

  /** Nothing more will be heard of the control connection; `at`: when that is known, where it is not known by its own end. */
  closed(why: 'ended' | 'silent' | 'limit' | 'capture-end', at: number): void {
    if (this.over) return;
    if (this.sessionEnd === null) this.links.passes(at);
    this.flush('client', CUT_LINE);
    this.flush('server', CUT_LINE);
    this.controlClosed = true;
    this.because(OUT_OF_SIGHT[why]);
    this.finish();
  }

  /** The capture is over: so is the session, whatever still runs. */
  captureEnds(at: number): void {
    if (!this.controlClosed) this.closed('capture-end', at);
    this.end();
  }

  /** Only its data was captured. */
  endsUnseen(at: number, reason: string): void {
    this.links.passes(at);
    this.sessionEnd = { by: 'capture', cause: 'capture-end', reason };
    this.end();
  }

  /** It ended a while ago. False while something may still be said. */
  settle(): boolean {
    if (this.links.busy || this.dialogue.owed !== null) return this.over;
    this.flush('client', CUT_LINE);
    this.flush('server', CUT_LINE);
    this.end();
    return true;
  }

  private isAt(from: Side, at: number): void {
    this.spokeAt[from] = Math.max(this.spokeAt[from], at);
    this.links.goesOn(this.spokeAt[from]);
  }

  private get isOverdue(): boolean {
    if (this.over) this.surroundings.bounds.tell('something was said long after a session had ended: it is not shown');
    return this.over;
  }

  /** Ends the session once its data has ended, too. */
  finish(): void {
    if (this.controlClosed && !this.links.busy) this.end();
  }

  private end(): void {
    if (this.over) return;
    this.over = true;
    const sessionEnd = this.sessionEnd ?? OUT_OF_SIGHT['capture-end'];
    const { by, reason } = sessionEnd;
    for (const transfer of this.dialogue.transfers) if (transfer.link === null) this.links.replyMissing(transfer);
    this.noteOutstanding(0);
    this.links.closeAll(
      by === 'capture' ? { kind: 'unseen', cause: 'missing-from-capture', reason } : { kind: 'session-ended', reason },
    );
    this.observer.sessionClosed(this.links.at, { ...sessionEnd, reason: reason + this.unreadable() });
    this.surroundings.whenOver(this);
  }

  /** How many of its commands wait for their replies, to the count of all sessions. */
  private noteOutstanding(commands: number): void {
    this.surroundings.bounds.outstandingCommands += commands - this.outstanding;
    this.outstanding = commands;
  }

  private takeReplyLine(output: ControlOutput): void {
    if (output.kind === 'encrypted') this.goesDark();
    else this.replies.take(output, this.links.at);
  }

  private takeCommandLine(output: ControlOutput): void {
    if (output.kind === 'encrypted') return this.goesDark();
    this.commands.take(output, this.links.at);
    const verb = this.dialogue.newest?.verb ?? '';
    if (PROTECTED_VERBS.has(verb)) this.veilBehind('its commands are protected');
    // A transfer in an envelope has two replies, and what it is cannot be seen.
    this.replies.expectsStrays = this.veil !== null;
  }

  private goesDark(): void {
    this.veilBehind('its commands are encrypted');
    for (const exchange of this.dialogue.unanswered) this.dialogue.forget(exchange);
  }

  private veilBehind(why: string): void {
    if (this.veil !== null) return;
    this.veil = why;
    const detail = `no command, reply or transfer of the session can be read from here on: ${why}`;
    this.observer.violation(
      this.links.at,
      'client',
      'encrypted-passthrough',
      detail,
      'data shown by time and size alone',
    );
  }

  /** `detail`: what is amiss, where that was the peer's doing; null otherwise. */
  private cutLine(from: Side, detail: string | null): void {
    this.streams[from].cut((output) => {
      const isInterrupt = from === 'client' && output.kind === 'line' && isTelnetAlone(output.raw);
      if (detail !== null && !isInterrupt)
        this.observer.violation(this.links.at, from, 'no-line-end', detail, SHOWN_AS_IT_CAME);
      this.takers[from](output);
    });
  }

  private flush(from: Side, detail: string): void {
    this.cutLine(from, detail);
    if (from === 'server') this.replies.completeAsItIs(this.links.at);
  }

  private because(end: SessionEnd): void {
    if (this.sessionEnd !== null) return;
    this.sessionEnd = end;
    if (!this.controlClosed) this.surroundings.whenEnding(this);
  }

  private endOf(side: Side, how: 'fin' | 'reset'): SessionEnd {
    if (this.commands.quitAsked) return { by: 'client', cause: 'quit', reason: 'QUIT' };
    const reason = `the ${side} ${how === 'fin' ? 'closed' : 'reset'} the connection`;
    if (side === 'server' && how === 'fin' && !this.serverHeard) {
      return { by: side, cause: 'no-greeting', reason: `${reason} without a greeting` };
    }
    return how === 'fin'
      ? { by: side, cause: 'closed', reason }
      : { by: side, cause: 'lost', reason, failure: 'reset' };
  }

  /** How much went by that could not be read. */
  private unreadable(): string {
    const { client, server } = this.streams;
    if (client.encryptedBytes + server.encryptedBytes === 0) return '';
    return `; ${client.encryptedBytes} bytes from the client and ${server.encryptedBytes} from the server were encrypted`;
  }
}

/** Ends that the capture does not show. */
const OUT_OF_SIGHT: Readonly<Record<'ended' | 'silent' | 'limit' | 'capture-end', SessionEnd>> = {
  ended: { by: 'capture', cause: 'closed', reason: 'the connection ended' },
  silent: { by: 'capture', cause: 'silent', reason: 'nothing more was heard of it' },
  limit: { by: 'capture', cause: 'not-followed', reason: 'there were too many connections at once to follow it on' },
  'capture-end': { by: 'capture', cause: 'capture-end', reason: 'the capture ends here' },
};
