// One session on its way into packets: its observations in, places in the order of packets out. Holds no payload, and of what
// was said only what still waits for its form.
import type {
  Gap,
  LinkClosed,
  LinkFacts,
  LinkOpened,
  LinkProgress,
  Observation,
  ServerConnected,
  SessionClosed,
  SessionOpened,
  Side,
  TlsSeen,
} from '../../dialogue/observation.js';
import { sessionEndWords } from '../../dialogue/session-causes.js';
import { escapeForTerminal } from '../../protocol/wire-text.js';
import { type ControlLine, ControlLines } from './control-lines.js';
import { type ConnectionEnds, ExportedConnection } from './exported-connection.js';
import { ExportedTransfer, type PayloadOf } from './exported-transfer.js';
import type { Burst, Place } from './packet-order.js';
import { type ControlView, controlView, dataEndsSeenFrom, modeSeenFrom, type Vantage } from './vantage.js';

/** More notes than that on one packet are left out. */
const MAX_NOTES = 20;

/** What all sessions of an export share. */
export interface ExportContext {
  readonly vantage: Vantage;
  readonly payload: PayloadOf;
  add(place: Place): void;
  nextInitialSequence(): number;
  payloadMissing(): void;
  /** A control connection between these ends is told. */
  opened(ends: ConnectionEnds): void;
  /** The session cannot be exported: none of its connections has addresses. */
  addressless(session: number): void;
}

interface Link {
  readonly announced: LinkFacts;
  latest: LinkFacts;
  transfer: ExportedTransfer | null;
}

export class ExportedSession {
  private connected: ServerConnected | null = null;
  /** Null until the control connection's ends are known, or are known not to be. */
  private view: ControlView | null = null;
  private connection: ExportedConnection | null = null;
  private opening: { settled: boolean } | null = null;
  private readonly lines: ControlLines;
  private readonly links = new Map<number, Link>();
  private notes: string[] = [];
  private lastAt = 0;
  private isClosed = false;

  constructor(
    private readonly opened: SessionOpened,
    private readonly context: ExportContext,
  ) {
    const throughProxy = opened.listener !== null;
    this.lines = new ControlLines(context.vantage, throughProxy, {
      line: (line) => this.addLine(line),
      note: (text) => this.note(text),
    });
    // Towards the server there is a connection only once it stands.
    if (!throughProxy || context.vantage !== 'server') this.addOpening(opened.at, !throughProxy);
  }

  /** Nothing more is expected of it: in a capture, data may outlast the control connection. */
  get over(): boolean {
    return this.isClosed && this.links.size === 0;
  }

  take(observation: Observation): void {
    this.lastAt = observation.at;
    switch (observation.kind) {
      case 'server-connected':
        return this.serverConnected(observation);
      case 'command':
        return this.lines.command(observation);
      case 'reply':
        return this.lines.reply(observation);
      case 'held-reply':
        return this.lines.heldReply(observation);
      case 'noise':
        if (observation.what === 'telnet') return this.lines.telnet(observation.line);
        return this.lines.noise(observation.from, observation.line + (observation.end ?? '\r\n'));
      case 'violation':
        return this.note(`${observation.side}: ${observation.code}: ${observation.detail} (${observation.action})`);
      case 'note':
        return this.note(`${observation.side}: ${observation.detail}`);
      case 'tls':
        return this.note(tlsNote(observation));
      case 'link-opened':
        return this.linkOpened(observation);
      case 'link-progress':
        return this.linkMoved(observation);
      case 'link-closed':
        return this.linkClosed(observation);
      case 'gap':
        return this.gap(observation);
      case 'session-closed':
        return this.closed(observation);
      case 'session-opened':
      case 'server-chosen':
      case 'rewrite':
      case 'finding':
        return;
    }
  }

  /** The recording is over, and the session goes on. */
  cutOff(): void {
    this.settleOpening();
    this.lines.close();
    for (const { transfer, latest } of this.links.values()) transfer?.cutOff(latest, this.lastAt);
  }

  private serverConnected(connected: ServerConnected): void {
    this.connected = connected;
    if (this.opening === null) this.addOpening(connected.at, true);
    this.settleOpening();
  }

  private addOpening(at: number, settled: boolean): void {
    const opening = { kind: 'moment' as const, at, settled, burst: () => this.open(at) };
    this.opening = opening;
    this.context.add(opening);
  }

  private settleOpening(): void {
    if (this.opening !== null) this.opening.settled = true;
  }

  private open(at: number): Burst | null {
    const view = this.currentView();
    if (view === null) {
      this.context.addressless(this.opened.session);
      return null;
    }
    this.context.opened(view.ends);
    this.connection = new ExportedConnection(view.ends, this.context.nextInitialSequence());
    return { at, packets: this.connection.open('client'), comment: null };
  }

  private currentView(): ControlView | null {
    this.view ??= controlView(this.context.vantage, this.opened, this.connected);
    return this.view;
  }

  private addLine(line: ControlLine): void {
    const at = this.lastAt;
    line.notes.unshift(...this.notes.splice(0));
    this.context.add({
      kind: 'moment',
      at,
      get settled() {
        return line.awaits === null;
      },
      burst: () => this.told(line, at),
    });
  }

  private told(line: ControlLine, at: number): Burst | null {
    const { connection } = this;
    if (line.dropped) this.notes.push(...line.notes);
    if (line.dropped || connection === null) return null;
    const parts = wholeLines(line.lines, connection.maxSegmentBytes);
    const packets = parts.flatMap((part) => connection.send(line.from, Buffer.from(part, 'latin1')));
    return { at, packets, comment: commentOf(line.notes) };
  }

  private linkOpened(link: LinkOpened): void {
    this.links.set(link.link, { announced: link, latest: link, transfer: null });
    const view = this.currentView();
    if (view === null) return;
    const listener: Side = modeSeenFrom(view, link) === 'passive' ? 'server' : 'client';
    this.lines.linkOpened(listener, dataEndsSeenFrom(view, link)[listener]);
  }

  private linkMoved(link: LinkProgress): void {
    const known = this.links.get(link.link);
    if (known === undefined) return;
    known.latest = link;
    if (link.state === 'transferring') this.transferOf(known, link.at);
  }

  private linkClosed(link: LinkClosed): void {
    const known = this.links.get(link.link);
    if (known === undefined) return;
    this.links.delete(link.link);
    if (link.durationMs !== null) this.transferOf(known, link.at - link.durationMs);
    known.transfer?.close(link);
    this.lines.linkClosed();
  }

  private transferOf(link: Link, at: number): void {
    const view = this.currentView();
    if (link.transfer !== null || view === null) return;
    const { payload, payloadMissing } = this.context;
    const initialSequence = this.context.nextInitialSequence();
    link.transfer = new ExportedTransfer(at, link.announced, { view, initialSequence, payload, payloadMissing });
    this.context.add(link.transfer);
  }

  private gap({ at, side, link, bytes }: Gap): void {
    if (link !== null) return this.links.get(link)?.transfer?.lose(side, bytes);
    this.addMoment(at, (connection) => ({ at, packets: connection.lose(side, bytes), comment: null }));
  }

  private closed({ at, by, cause, reason }: SessionClosed): void {
    this.isClosed = true;
    this.settleOpening();
    this.lines.close();
    // Nobody saw how it went on.
    if (by === 'capture') return;
    const proxysSide: Side = this.context.vantage === 'server' ? 'client' : 'server';
    this.note(`${sessionEndWords({ by, cause })}: ${reason}`);
    const comment = commentOf(this.notes.splice(0));
    this.addMoment(at, (connection) => ({ at, packets: connection.finish(by === 'proxy' ? proxysSide : by), comment }));
  }

  private addMoment(at: number, tell: (connection: ExportedConnection) => Burst): void {
    const burst = () => (this.connection === null ? null : tell(this.connection));
    this.context.add({ kind: 'moment', at, settled: true, burst });
  }

  private note(text: string): void {
    if (this.notes.length < MAX_NOTES) this.notes.push(text);
  }
}

/** Lines are cut between segments only where one alone fills a segment: dissectors read them better so. */
function wholeLines(lines: readonly string[], maxBytes: number): string[] {
  const parts: string[] = [];
  for (const line of lines) {
    const last = parts.at(-1);
    if (last !== undefined && last.length + line.length <= maxBytes) parts[parts.length - 1] = last + line;
    else parts.push(line);
  }
  return parts;
}

function commentOf(notes: readonly string[]): string | null {
  return notes.length === 0 ? null : notes.map(escapeForTerminal).join('\n');
}

function tlsNote({ side, link, protocol, cipher, failure }: TlsSeen): string {
  const where = link === null ? `with the ${side}` : `on data link ${link} with the ${side}`;
  return failure === null
    ? `TLS ${where}: ${protocol ?? ''} ${cipher ?? ''}`.trimEnd()
    : `TLS ${where} failed: ${failure}`;
}
