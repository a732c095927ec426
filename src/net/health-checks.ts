// Health checks of load balancers: connections that a balancer makes for itself, and says so (PROXY LOCAL or UNKNOWN). They are
// answered here, as they ask whether the proxy is there: no server is dialled and no session opened for them.
import type { Socket } from 'node:net';
import { ControlConnection } from '../ends/control-connection.js';
import type { Secured } from '../ends/tls/handshake.js';
import { LineSplitter } from '../protocol/line-splitter.js';

/** A check sends QUIT, or nothing. */
const MAX_LINE_BYTES = 512;

export interface HealthCheckAnswer {
  /** Encrypts a listener's connections that are TLS from the first byte; null where they are not. */
  readonly encrypt: ((plain: Socket) => Promise<Secured>) | null;
  /** How long a check may take. */
  readonly timeoutMs: number;
}

/** Greets, answers until QUIT, and closes. */
export function answerHealthCheck(socket: Socket, { encrypt, timeoutMs }: HealthCheckAnswer): void {
  const lines = new LineSplitter(MAX_LINE_BYTES);
  const say = (text: string) => connection.send(Buffer.from(`${text}\r\n`, 'latin1'));
  const close = () => {
    clearTimeout(timer);
    connection.close();
  };
  const take = (bytes: Buffer) => {
    for (const line of lines.push(bytes)) {
      if (line.kind === 'too-long') return close();
      const isQuit = /^QUIT\b/i.test(line.text.toString('latin1'));
      say(isQuit ? '221 Goodbye' : '502 This is a health check: only QUIT is answered');
      if (isQuit) return close();
    }
  };
  const connection = new ControlConnection(socket, { bytes: take, ended: close, lost: close, drained: () => {} });
  const timer = setTimeout(close, timeoutMs);
  socket.once('close', () => clearTimeout(timer));
  const greet = () => {
    say('220 ftpscope is ready');
    connection.setReading(true);
  };
  if (encrypt === null) greet();
  // A check that only connects does no handshake.
  else connection.secure(encrypt).then(greet, close);
}
