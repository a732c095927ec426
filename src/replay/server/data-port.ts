// The data port of one client of a replayed server: opened for the client, or named by it, in whatever mode it asks for. A port on
// another host than the client's, or below 1024, is refused (RFC 2577). One port, one transfer.

import { type AwaitedData, DataConnection } from '../../ends/data-connection.js';
import type { PortRange } from '../../ends/data-port.js';
import { addressFamily, type Endpoint, sameAddress } from '../../protocol/endpoint.js';
import {
  formatPortArgument,
  LOWEST_UNPRIVILEGED_PORT,
  parse227,
  parse229,
  parseNamedPort,
  spliced,
} from '../../protocol/host-port.js';

/** How long a client may take to connect, at most. */
const CONNECT_TIMEOUT_MS = 30_000;

export interface DataPortOptions {
  readonly range: PortRange | null;
  /** Without a byte, until a transfer is given up on. */
  readonly timeoutMs: number;
}

export class DataPort {
  private listening: AwaitedData | null = null;
  private target: Endpoint | null = null;
  private giveUp: () => void = () => {};

  constructor(
    private readonly local: Endpoint,
    private readonly client: Endpoint,
    private readonly options: DataPortOptions,
  ) {}

  /** Whether the client has said how data is to go. */
  get isSet(): boolean {
    return this.listening !== null || this.target !== null;
  }

  /** Answers PASV, EPSV, PORT or EPRT; `recorded` are the words that the recorded server had for it, if it had any. */
  async set(verb: string, argument: string, recorded: string | null): Promise<string> {
    if (verb === 'PORT' || verb === 'EPRT') return this.named(verb, argument, recorded);
    if (verb === 'EPSV' && /^ALL$/i.test(argument.trim())) return '200 EPSV ALL understood';
    if (verb !== 'EPSV' && addressFamily(this.local.address) !== 1) return '425 PASV has no words for IPv6, use EPSV';
    try {
      return await this.listen(verb, recorded);
    } catch (error) {
      return `425 Cannot open a data port: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  /** Hands over the connection, which no other transfer will get. Rejects with an Error whose message is a reason. */
  async take(): Promise<DataConnection> {
    const { listening, target } = this;
    this.listening = null;
    this.target = null;
    if (target !== null) return DataConnection.dial(target, this.options.timeoutMs);
    if (listening === null) throw new Error('no data port was announced');
    return this.arrival(listening);
  }

  /** Whoever waits for a connection waits no more; who has connected is sent away. */
  close(): void {
    this.giveUp();
    this.listening?.close();
    void this.listening?.connected.then((connection) => connection.reset());
    this.listening = null;
    this.target = null;
  }

  private arrival(listening: AwaitedData): Promise<DataConnection> {
    return new Promise((resolve, reject) => {
      const fail = (reason: string) => {
        clearTimeout(timer);
        listening.close();
        void listening.connected.then((connection) => connection.reset());
        reject(new Error(reason));
      };
      const patienceMs = Math.min(CONNECT_TIMEOUT_MS, this.options.timeoutMs);
      const timer = setTimeout(() => fail('nobody connected to the data port'), patienceMs);
      this.giveUp = () => fail('the client has given up');
      void listening.connected.then((connection) => {
        clearTimeout(timer);
        this.giveUp = () => {};
        resolve(connection);
      });
    });
  }

  private async listen(verb: string, recorded: string | null): Promise<string> {
    this.close();
    const { timeoutMs, range } = this.options;
    this.listening = await DataConnection.listen(this.local.address, this.client.address, timeoutMs, range);
    const { port } = this.listening;
    if (verb === 'EPSV') return withPort(recorded, port) ?? `229 Entering Extended Passive Mode (|||${port}|)`;
    const own = formatPortArgument({ address: this.local.address, port });
    return withAddress(recorded, own) ?? `227 Entering Passive Mode (${own})`;
  }

  private named(verb: string, argument: string, recorded: string | null): string {
    const named = parseNamedPort(verb, argument);
    if (named === 'unknownFamily') return '522 Network protocol not supported, use (1,2)';
    if (named === null) return '501 That names no data port';
    const isHere = named.address === '0.0.0.0' || named.address === '::';
    const target = isHere ? { address: this.client.address, port: named.port } : named;
    if (!sameAddress(target.address, this.client.address)) return '500 Data connections go to the client only';
    if (target.port < LOWEST_UNPRIVILEGED_PORT) return `500 Data ports below ${LOWEST_UNPRIVILEGED_PORT} are refused`;
    this.close();
    this.target = target;
    return recorded ?? `200 ${verb} command successful`;
  }
}

/** The recorded words, with the port that is open now. */
function withPort(recorded: string | null, port: number): string | null {
  const found = recorded === null ? null : parse229(recorded);
  return recorded === null || found === null ? null : spliced(recorded, found, `${port}`);
}

function withAddress(recorded: string | null, own: string): string | null {
  const found = recorded === null ? null : parse227(recorded);
  return recorded === null || found === null ? null : spliced(recorded, found, own);
}
