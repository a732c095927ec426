// One control connection, in the clear or encrypted on the way: bytes in order, ends and faults told once, reading that can be
// stopped. Knows no FTP.
import type { Socket } from 'node:net';
import type { TlsFault } from '../dialogue/observation.js';
import { NO_TLS_FACTS } from '../dialogue/tls-facts.js';
import { type ConnectionFailure, connectionFailureOf } from '../protocol/connection-failure.js';
import type { Endpoint } from '../protocol/endpoint.js';
import { closeGently } from './closing.js';
import { type DialFrom, type DialTarget, dial } from './dial.js';
import { wasReset } from './reset-detection.js';
import { localEnd, remoteEnd } from './socket-ends.js';
import type { Secured } from './tls/handshake.js';
import {
  brokenTlsReason,
  NEVER_BEGAN,
  NO_TLS_HERE,
  receivedAlert,
  TlsFailure,
  tlsReason,
} from './tls/handshake-facts.js';

export interface ControlEvents {
  bytes(bytes: Buffer): void;
  /** The peer sends no more. */
  ended(): void;
  /** `alert`: the number of the TLS alert with which the peer broke it off, where it did. */
  lost(reason: string, failure: ConnectionFailure, alert?: number): void;
  /** There is room to write again. */
  drained(): void;
}

/** As clients of today do (curl): a silent connection stays known to the NATs and firewalls on its way. */
const KEEP_ALIVE_MS = 60_000;
/** In the words of the system's own error. */
const RESET = 'connection reset by peer';

/** Of a TLS record that begins a handshake (RFC 8446 section 5.1). */
const HANDSHAKE = 0x16;

/** Does not speak TLS, and has not heard any. */
export class PlainPeer extends TlsFailure {}

export class ControlConnection {
  private lost = false;
  /** What is to be sent once the encryption that is being negotiated stands; null while none is. */
  private held: Buffer[] | null = null;
  private endHeld = false;
  private closing = false;
  /** What is beneath TLS. */
  private plain: Socket;

  constructor(
    /** The connection as it is spoken over now: it changes when it is encrypted. */
    public socket: Socket,
    private readonly events: ControlEvents,
  ) {
    this.plain = socket;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    this.attach(socket);
  }

  /** Starts to connect; a connection that does not come in time is lost. Throws when it cannot come from there. */
  static dial(
    to: DialTarget,
    from: DialFrom,
    timeoutMs: number,
    events: ControlEvents,
    connected: () => void,
  ): ControlConnection {
    return new ControlConnection(dial(to, from, timeoutMs).once('connect', connected), events);
  }

  get local(): Endpoint {
    return localEnd(this.plain);
  }

  get remote(): Endpoint {
    return remoteEnd(this.plain);
  }

  /** More was written than the peer has taken. */
  get congested(): boolean {
    return this.socket.writableNeedDrain;
  }

  setReading(reading: boolean): void {
    if (this.socket.destroyed || this.held !== null || reading !== this.socket.isPaused()) return;
    if (reading) this.socket.resume();
    else this.socket.pause();
  }

  send(bytes: Buffer): void {
    if (this.held !== null) this.held.push(bytes);
    else if (!this.socket.writableEnded && !this.socket.destroyed) this.socket.write(bytes);
  }

  /** Sends no more, after what was sent. */
  end(): void {
    if (this.held !== null) this.endHeld = true;
    else if (!this.socket.destroyed) this.socket.end();
  }

  /**
   * As `secure`, once the peer has begun with TLS. A peer that does not is left in the clear, and can be told so: rejects with a
   * PlainPeer then.
   */
  async secureOnceBegun(encrypt: (plain: Socket) => Promise<Secured>, timeoutMs: number): Promise<Secured> {
    const plain = this.socket;
    return this.secure(async () => {
      const fault = await faultOfFirstByte(plain, timeoutMs);
      if (fault === null) return encrypt(plain);
      this.held = null;
      this.attach(plain);
      if (this.closing) this.close();
      throw new PlainPeer(fault.reason, { ...NO_TLS_FACTS, fault: fault.fault });
    });
  }

  /**
   * Goes on encrypted, in a socket around the present one. What is sent meanwhile is held; what the peer has said in the clear
   * and nobody has read goes to the handshake, which fails on it. Rejects with whatever `encrypt` rejects with.
   */
  async secure(encrypt: (plain: Socket) => Promise<Secured>): Promise<Secured> {
    const plain = this.socket;
    this.held = [];
    for (const event of ['data', 'end', 'drain', 'error']) plain.removeAllListeners(event);
    plain.on('error', () => {});
    plain.pause();
    const secured = await encrypt(plain);
    this.attach(secured.socket, secured.plainText);
    // An end right behind the handshake has been told already, to nobody; it is told again, behind the handshake's own news.
    if (secured.socket.readableEnded) setImmediate(() => this.ended());
    const held = this.held;
    this.held = null;
    for (const bytes of held) this.send(bytes);
    if (this.closing) this.close();
    else if (this.endHeld) this.end();
    return secured;
  }

  /**
   * Ends it for good: what was sent is flushed, what still comes is thrown away. What was said while encryption was being
   * negotiated is said once that stands, unless it takes too long.
   */
  close(): void {
    const { socket, held } = this;
    socket.removeAllListeners('data');
    this.closing = true;
    closeGently(socket, () => {
      if (held !== null && held.length > 0) return;
      if (this.lost || held !== null) socket.destroy();
      else socket.end();
      socket.resume();
    });
  }

  private attach(socket: Socket, plainText: () => string | null = () => null): void {
    const { events } = this;
    this.socket = socket;
    socket.pause();
    socket.on('data', (bytes: Buffer) => events.bytes(bytes));
    socket.on('end', () => this.ended());
    socket.on('drain', () => events.drained());
    const reason = (error: unknown) => (socket === this.plain ? tlsReason(error) : brokenTlsReason(error, plainText()));
    socket.on('error', (error) =>
      this.broke(reason(error), connectionFailureOf(error), receivedAlert(error) ?? undefined),
    );
  }

  /** Node reports a reset as an end when bytes were unread. */
  private ended(): void {
    if (!this.socket.writableEnded && wasReset(this.plain)) this.broke(RESET, 'reset');
    else this.events.ended();
  }

  private broke(reason: string, failure: ConnectionFailure, alert?: number): void {
    if (this.lost) return;
    this.lost = true;
    this.events.lost(reason, failure, alert);
  }
}

interface FirstByteFault {
  readonly reason: string;
  readonly fault: TlsFault;
}

/** What is wrong with how the peer begins; null when it is TLS. Its bytes stay to be read. */
function faultOfFirstByte(plain: Socket, timeoutMs: number): Promise<FirstByteFault | null> {
  return new Promise((resolve) => {
    const tell = (fault: FirstByteFault | null) => {
      clearTimeout(timer);
      plain.off('data', look).off('end', ended).off('close', ended).pause();
      resolve(fault);
    };
    const look = (bytes: Buffer) => {
      tell(bytes[0] === HANDSHAKE ? null : { reason: NO_TLS_HERE, fault: 'not-tls' });
      plain.unshift(bytes);
    };
    const notBegun = (what: string) => tell({ reason: `the peer ${what}${NEVER_BEGAN}`, fault: 'not-begun' });
    const ended = () => notBegun('closed the connection and ');
    const timer = setTimeout(() => notBegun(''), timeoutMs);
    plain.on('data', look).on('end', ended).on('close', ended).resume();
  });
}
