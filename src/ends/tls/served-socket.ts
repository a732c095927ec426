// The serving end of a TLS connection, which offers session tickets no sooner than it has something else to say. In TLS 1.3
// they would go out behind the handshake by themselves; a client that only sends (an upload) may close without having read
// them, its kernel makes a reset of that close (RFC 1122 section 4.2.2.13), and what it had not sent yet is lost.
import type { Socket } from 'node:net';
import { TLSSocket, type TLSSocketOptions } from 'node:tls';

/** As much of Node's handle as is used here: it sends nothing between a new session and the call that says it is stored. */
interface SessionHandle {
  newSessionDone(): void;
}

export class ServedSocket extends TLSSocket {
  /** Lets the tickets go that wait; null when none do. */
  private sendTickets: (() => void) | null = null;

  /** The server among the options must have a listener for `newSession`, or tickets go out at once. */
  constructor(plain: Socket, options: TLSSocketOptions) {
    super(plain, options);
    const handle = '_handle' in this ? this._handle : null;
    if (isSessionHandle(handle)) this.holdTickets(handle);
  }

  /** Tickets go along with what is written, not before it: a failure to send them alone is told to nobody, and stops all else. */
  override _write(chunk: unknown, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    super._write(chunk, encoding, done);
    this.sendTickets?.();
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.sendTickets === null) return super._final(done);
    // While they are being written, the end would go out without close_notify.
    this._write('', 'latin1', (error) => (error ? done(error) : super._final(done)));
  }

  private holdTickets(handle: SessionHandle): void {
    const goOn = handle.newSessionDone.bind(handle);
    handle.newSessionDone = () => {
      // Before TLS 1.3 the ticket is part of the handshake, which waits for it.
      if (this.getProtocol() !== 'TLSv1.3') return goOn();
      this.sendTickets = () => {
        this.sendTickets = null;
        handle.newSessionDone = goOn;
        goOn();
      };
    };
  }
}

function isSessionHandle(handle: unknown): handle is SessionHandle {
  return (
    typeof handle === 'object' &&
    handle !== null &&
    'newSessionDone' in handle &&
    typeof handle.newSessionDone === 'function'
  );
}
