// The data port of one client of a server of our own: opened for the client (PASV, EPSV), or named by it (PORT, EPRT). One port,
// one transfer. What is said of it is for others to word.
import { faultOfPort, namedPort, type PortFault } from '../dialogue/announced-port.js';
import { addressFamily, type Endpoint } from '../protocol/endpoint.js';
import { AwaitedData, DataConnection, type DataTimeouts } from './data-connection.js';
import type { PortRange } from './port-ranges.js';

export interface ServerDataOptions extends DataTimeouts {
  /** Null for whatever port the system gives. */
  readonly range: PortRange | null;
  /** Dials other hosts than the client's, if it names one. */
  readonly allowForeignPort: boolean;
}

/** What became of a port that the client named: set, or why not. */
export type NamedPortOutcome = 'set' | 'malformed' | 'unknown-family' | 'other-family' | PortFault;

export class ServerDataPort {
  private listening: AwaitedData | null = null;
  private target: Endpoint | null = null;
  private giveUp: () => void = () => {};

  constructor(
    private readonly local: Endpoint,
    private readonly client: Endpoint,
    private readonly options: ServerDataOptions,
  ) {}

  /** Whether the client has said how data is to go. */
  get isSet(): boolean {
    return this.listening !== null || this.target !== null;
  }

  /** Opens a port for the client and gives its number. Rejects with an Error whose message is a reason. */
  async listen(): Promise<number> {
    this.close();
    this.listening = await AwaitedData.listen(
      this.local.address,
      this.client.address,
      this.options,
      this.options.range,
    );
    return this.listening.port;
  }

  /** Takes the argument of PORT or EPRT. A server that dials anyone for anyone is a weapon (RFC 2577 section 3). */
  name(verb: string, argument: string): NamedPortOutcome {
    const named = namedPort(verb, argument, this.client.address);
    if (named.kind !== 'port') return named.kind;
    const { endpoint } = named;
    if (addressFamily(endpoint.address) !== addressFamily(this.local.address)) return 'other-family';
    const hosts = this.options.allowForeignPort ? [endpoint.address] : [this.client.address];
    const fault = faultOfPort(endpoint, hosts);
    if (fault !== null) return fault;
    this.close();
    this.target = endpoint;
    return 'set';
  }

  /** Hands over the connection, which no other transfer will get. Rejects with an Error whose message is a reason. */
  connection(): Promise<DataConnection> {
    const { listening, target } = this;
    this.listening = null;
    this.target = null;
    if (listening !== null) {
      this.giveUp = () => listening.close();
      return listening.connection();
    }
    if (target === null) return Promise.reject(new Error('no data port was announced'));
    const dialling = new AbortController();
    this.giveUp = () => dialling.abort();
    // From the address that the client knows: it may take no data from any other.
    const from = { local: { address: this.local.address, port: 0 }, bindForeign: null };
    return DataConnection.dial(target, from, this.options, dialling.signal);
  }

  /** Nobody waits for a connection any more; one that came and was not asked for is reset. */
  close(): void {
    this.giveUp();
    this.listening?.close();
    this.listening = null;
    this.target = null;
  }
}
