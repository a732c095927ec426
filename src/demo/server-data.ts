// Where the sample server's next data connection comes from: a port it listens on, or a client's port it dials.
// Part of the demo's strangers: imports nothing from the proxy, and knows neither verbs nor files.
import { createServer, connect as dial, isIP, type Server, type Socket, SocketAddress } from 'node:net';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** A data connection, or why there is none. Never a throw: a client that does not come is everyday life. */
export type DataOpening = { readonly socket: Socket } | { readonly failure: string };

export interface DataPort {
  /** Waits for the client or dials it; call it once. The socket is paused and belongs to the caller. */
  open(): Promise<DataOpening>;
  /** Ends everything not handed out; a waiting `open` resolves with a failure. */
  close(): void;
}

/** One address, one spelling: IPv4 inside IPv6 as IPv4, `0:0::1` as `::1`. */
export function plainHost(host: string): string {
  const inner = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(host)?.[1];
  if (inner !== undefined) return inner;
  return isIP(host) === 6 && !host.includes('%') ? new SocketAddress({ address: host, family: 'ipv6' }).address : host;
}

/** One listener for one connection, from the control connection's peer only (RFC 2577: nobody steals the port). */
export class PassivePort implements DataPort {
  readonly #server: Server;
  readonly #timeoutMs: number;
  #admitted = false;
  #arrived: Socket | null = null;
  #waiting: ((opening: DataOpening) => void) | null = null;

  private constructor(server: Server, peerHost: string, timeoutMs: number) {
    this.#server = server;
    this.#timeoutMs = timeoutMs;
    // A dead listener shows as a client that never comes.
    server.on('error', () => this.close());
    server.on('connection', (socket) => this.#admit(socket, peerHost));
  }

  static listen(host: string, peerHost: string, timeoutMs: number): Promise<PassivePort> {
    return new Promise((resolve, reject) => {
      // allowHalfOpen: a client may shut down its sending side at once and still wants the whole file.
      const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
      server.once('error', reject);
      server.listen(0, host, () => {
        server.removeListener('error', reject);
        resolve(new PassivePort(server, peerHost, timeoutMs));
      });
    });
  }

  get port(): number {
    const address = this.#server.address();
    return address !== null && typeof address === 'object' ? address.port : 0;
  }

  open(): Promise<DataOpening> {
    const arrived = this.#arrived;
    this.#arrived = null;
    if (arrived !== null) return Promise.resolve({ socket: arrived });
    return new Promise((resolve) => {
      const timer = setTimeout(
        () => this.#settle({ failure: `no connection in ${this.#timeoutMs} ms` }),
        this.#timeoutMs,
      );
      this.#waiting = (opening) => {
        clearTimeout(timer);
        resolve(opening);
      };
    });
  }

  close(): void {
    this.#server.close();
    this.#arrived?.destroy();
    this.#arrived = null;
    this.#settle({ failure: 'closed' });
  }

  #admit(socket: Socket, peerHost: string): void {
    // A reset before the transfer starts shows when the transfer uses the socket.
    socket.on('error', () => {});
    if (this.#admitted || plainHost(socket.remoteAddress ?? '') !== peerHost) {
      socket.destroy();
      return;
    }
    this.#admitted = true;
    this.#server.close();
    if (this.#waiting !== null) this.#settle({ socket });
    else this.#arrived = socket;
  }

  #settle(opening: DataOpening): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.(opening);
  }
}

/** The client listens: dialled when a transfer needs it, from the address of the control connection. */
export class ActivePort implements DataPort {
  readonly #target: Endpoint;
  readonly #localHost: string;
  readonly #timeoutMs: number;
  #dialling: Socket | null = null;

  constructor(target: Endpoint, localHost: string, timeoutMs: number) {
    this.#target = target;
    this.#localHost = localHost;
    this.#timeoutMs = timeoutMs;
  }

  open(): Promise<DataOpening> {
    return new Promise((resolve) => {
      const socket = dial({ ...this.#target, localAddress: this.#localHost, allowHalfOpen: true });
      this.#dialling = socket;
      const timer = setTimeout(() => fail(`no answer in ${this.#timeoutMs} ms`), this.#timeoutMs);
      const fail = (failure: string): void => {
        clearTimeout(timer);
        socket.destroy();
        resolve({ failure });
      };
      socket.on('error', (error) => fail(error.message));
      socket.once('close', () => fail('closed'));
      socket.once('connect', () => {
        clearTimeout(timer);
        this.#dialling = null;
        socket.pause();
        resolve({ socket });
      });
    });
  }

  close(): void {
    this.#dialling?.destroy();
  }
}
