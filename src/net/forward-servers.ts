// Forward mode: which of the servers that clients name they may have, and where these are. What was looked up and allowed is what
// is connected to: a name is not looked up a second time, when it might stand for something else.
import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { addressFamily, type Endpoint, formatEndpoint } from '../protocol/endpoint.js';
import { parseServerPattern, type ServerPattern } from '../protocol/server-pattern.js';
import { systemReason } from '../protocol/system-errors.js';
import { isThisMachine } from './own-addresses.js';

/** What came of a server's name. */
export type Located =
  /** `lookup` gives the addresses that are allowed, in the place of Node's own. */
  | { readonly kind: 'found'; readonly lookup: LookupFunction }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: string };

/** The system looks up few names at a time, each for as long as its name servers keep silent: one client gets one of them. */
export class ForwardServers {
  /** Of each client, the lookup that ends last. */
  private readonly lookups = new Map<string, Promise<unknown>>();
  private readonly patterns: readonly ServerPattern[];

  /** Throws for a pattern that is none. */
  constructor(
    allowed: readonly string[],
    /** Where the proxy listens. */
    private readonly listeners: readonly Endpoint[],
    private readonly timeoutMs: number,
    private readonly lookUp = (host: string): Promise<LookupAddress[]> => lookup(host, { all: true }),
  ) {
    this.patterns = allowed.map((text) => {
      const pattern = parseServerPattern(text);
      if (pattern === null) throw new Error(`'${text}' is no pattern for servers to allow`);
      return pattern;
    });
  }

  /** `client` is what tells one host from another. */
  async locate(server: Endpoint, client: string): Promise<Located> {
    const name = formatEndpoint(server);
    const refused: Located = {
      kind: 'refused',
      reason: `this proxy may not connect to ${name}`,
    };
    if (!this.patterns.some((pattern) => pattern.mayMean(server))) return refused;
    try {
      const found = await this.addressesOf(server.address, client);
      if (found.some(({ address }) => this.isOurOwn({ address, port: server.port }))) {
        return { kind: 'refused', reason: `this proxy does not connect to itself, which ${name} is` };
      }
      const allowed = found.filter(({ address }) => this.patterns.some((pattern) => pattern.means(server, address)));
      return allowed.length === 0 ? refused : { kind: 'found', lookup: answering(allowed) };
    } catch (error) {
      return { kind: 'unknown', reason: systemReason(error) };
    }
  }

  private async addressesOf(host: string, client: string): Promise<readonly LookupAddress[]> {
    const family = addressFamily(host);
    if (family !== null) return [{ address: host, family: family === 1 ? 4 : 6 }];
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_resolve, reject) => {
      const reason = `its name was not found within ${this.timeoutMs / 1000} s`;
      timer = setTimeout(() => reject(new Error(reason)), this.timeoutMs).unref();
    });
    const patience = { over: false };
    return Promise.race([this.lookupInTurn(host, client, patience), tooLate]).finally(() => {
      patience.over = true;
      clearTimeout(timer);
    });
  }

  /** Nothing is looked up any more once nobody waits for it. */
  private async lookupInTurn(host: string, client: string, patience: { over: boolean }): Promise<LookupAddress[]> {
    const before = this.lookups.get(client);
    const found = (async () => {
      await before?.catch(() => {});
      return patience.over ? [] : this.lookUp(host);
    })();
    this.lookups.set(client, found);
    try {
      return await found;
    } finally {
      if (this.lookups.get(client) === found) this.lookups.delete(client);
    }
  }

  private isOurOwn({ address, port }: Endpoint): boolean {
    return this.listeners.some((listener) => listener.port === port) && isThisMachine(address);
  }
}

function answering(addresses: readonly LookupAddress[]): LookupFunction {
  return (_host, options, callback) => {
    const [first] = addresses;
    if (options.all === true || first === undefined) callback(null, [...addresses]);
    else callback(null, first.address, first.family);
  };
}
