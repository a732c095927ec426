// The data port of one client of a replayed server: opened for the client, or named by it, in whatever mode it asks for. A port on
// another host than the client's, or below 1024, is refused (RFC 2577). One port, one transfer.

import {
  announcedPort,
  announcingAnother,
  faultOfPort,
  formAskedFor,
  isEpsvAll,
  LOWEST_UNPRIVILEGED_PORT,
  namedPort,
} from '../../dialogue/announced-port.js';
import { type AwaitedData, DataConnection } from '../../ends/data-connection.js';
import type { PortRange } from '../../ends/data-port.js';
import { addressFamily, type Endpoint } from '../../protocol/endpoint.js';
import { formatPortArgument } from '../../protocol/host-port.js';

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
  async set(verb: string, argument: string, recorded: readonly string[] | null): Promise<readonly string[]> {
    if (verb === 'PORT' || verb === 'EPRT') return this.named(verb, argument, recorded);
    if (isEpsvAll({ verb, argument })) return ['200 EPSV ALL understood'];
    if (verb !== 'EPSV' && addressFamily(this.local.address) !== 1) return ['425 PASV has no words for IPv6, use EPSV'];
    try {
      return await this.listen(verb, argument, recorded);
    } catch (error) {
      return [`425 Cannot open a data port: ${error instanceof Error ? error.message : String(error)}`];
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

  /** In the recorded words as far as they can hold a port of ours; a recording never says where clients go. */
  private async listen(verb: string, argument: string, recorded: readonly string[] | null): Promise<readonly string[]> {
    this.close();
    const { timeoutMs, range } = this.options;
    this.listening = await DataConnection.listen(this.local.address, this.client.address, timeoutMs, range);
    const own = { address: this.local.address, port: this.listening.port };
    const asked = formAskedFor({ verb, argument }) ?? '227';
    const code = Number(recorded?.[0]?.slice(0, 3));
    const found = recorded === null ? null : announcedPort({ code, lines: recorded }, asked, own.address);
    const fits = found !== null && (found.form === '229' || addressFamily(own.address) === 1);
    if (recorded !== null && fits) return announcingAnother(recorded, own);
    if (asked === '229') return [`229 Entering Extended Passive Mode (|||${own.port}|)`];
    return [`227 Entering Passive Mode (${formatPortArgument(own)})`];
  }

  private named(verb: string, argument: string, recorded: readonly string[] | null): readonly string[] {
    const named = namedPort(verb, argument, this.client.address);
    if (named.kind === 'unknown-family') return ['522 Network protocol not supported, use (1,2)'];
    if (named.kind === 'malformed') return ['501 That names no data port'];
    const fault = faultOfPort(named.endpoint, [this.client.address]);
    if (fault === 'foreign-address') return ['500 Data connections go to the client only'];
    if (fault === 'privileged-port') return [`500 Data ports below ${LOWEST_UNPRIVILEGED_PORT} are refused`];
    this.close();
    this.target = named.endpoint;
    return recorded ?? [`200 ${verb} command successful`];
  }
}
