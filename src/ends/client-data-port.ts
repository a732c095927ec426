// The data port of a client of our own: one of its own that the server dials, or the server's, which it dials. Good for one
// connection. Knows no commands: what is announced, and how, is for others to say and to read.
import type { Endpoint } from '../protocol/endpoint.js';
import { AwaitedData, DataConnection, type DataTimeouts } from './data-connection.js';
import { FROM_ANYWHERE } from './dial.js';

export class ClientDataPort {
  private awaited: AwaitedData | null = null;
  private connecting: Promise<DataConnection> | null = null;
  private connected: DataConnection | null = null;
  private tellTarget: (target: Endpoint | null) => void = () => {};
  private readonly target = new Promise<Endpoint | null>((resolve) => {
    this.tellTarget = resolve;
  });
  private readonly closing = new AbortController();

  constructor(private readonly timeouts: DataTimeouts) {}

  get isClosed(): boolean {
    return this.closing.signal.aborted;
  }

  /** It is a port of our own, which the server connects to. */
  get isAwaited(): boolean {
    return this.awaited !== null;
  }

  /** Opens a port for the server, and gives its address. Rejects with an Error whose message is a reason. */
  async listen(local: Endpoint, server: Endpoint): Promise<Endpoint> {
    this.awaited = await AwaitedData.listen(local.address, server.address, this.timeouts);
    if (this.isClosed) this.awaited.close();
    return { address: local.address, port: this.awaited.port };
  }

  /** What the server announced; null when it announced nothing. */
  announced(target: Endpoint | null): void {
    this.tellTarget(target);
  }

  /** Dials, or waits, at the first call; the same connection at every call. Rejects with an Error whose message is a reason. */
  connection(): Promise<DataConnection> {
    this.connecting ??= this.connect();
    return this.connecting;
  }

  /** Lets go of it: what is still to be sent is sent. */
  close(): void {
    this.abandon();
    this.connected?.close();
  }

  /** Breaks it off: what is under way has failed. */
  reset(): void {
    this.abandon();
    this.connected?.reset();
  }

  private abandon(): void {
    this.closing.abort();
    this.announced(null);
    this.awaited?.close();
  }

  private async connect(): Promise<DataConnection> {
    const connection = await this.arrival();
    if (this.isClosed) connection.reset();
    this.connected = connection;
    return connection;
  }

  private async arrival(): Promise<DataConnection> {
    if (this.awaited !== null) return this.awaited.connection();
    const target = await this.target;
    if (target === null) throw new Error('the server announced no data port');
    return DataConnection.dial(target, FROM_ANYWHERE, this.timeouts, this.closing.signal);
  }
}
