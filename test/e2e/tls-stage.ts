// What the TLS matrix plays on: one kind of server in every way of encrypting, with proxies before it.
import { type Cell, type CellResult, runDirectly, runThrough } from './cell.js';
import { type Certificates, makeCertificates } from './certificates.js';
import type { Client } from './clients/client.js';
import { makeTempFolder, removeFolder } from './disk.js';
import { makeAuthority, type ProxyAuthority, type RunningProxy, startProxy } from './proxy.js';
import type { StepName } from './scenario.js';
import { type Family, type RunningServer, type Server, startServer } from './servers/server.js';
import type { TlsColumn, Upstream } from './tls-columns.js';
import { type ExpectedSide, wrongWithTls } from './tls-looks.js';

/** What worked without the proxy. */
export interface Reference extends Omit<CellResult, 'through'> {
  /** Throws when that does not work through the proxy, run by this Node, or TLS is not seen as it should be. */
  readonly runColumn: (node?: string) => Promise<void>;
}

/** Servers and proxies of one kind of server, each started when it is first wanted. */
export class TlsStage {
  private readonly stops: (() => Promise<void>)[] = [];
  private readonly servers = new Map<string, Promise<RunningServer>>();
  private readonly proxies = new Map<string, Promise<RunningProxy>>();

  private constructor(
    private readonly kind: Server,
    private readonly certificates: Certificates,
    private readonly authority: ProxyAuthority,
  ) {}

  static async open(kind: Server): Promise<TlsStage> {
    const certificates = await makeCertificates();
    const home = await makeTempFolder('home');
    const stage = new TlsStage(kind, certificates, await makeAuthority(home));
    stage.stops.push(certificates.remove, () => removeFolder(home));
    return stage;
  }

  private server(upstream: Upstream, family: Family): Promise<RunningServer> {
    return lazily(this.servers, JSON.stringify([upstream, family]), async () => {
      const tls = upstream === null ? undefined : { ...upstream, certificates: this.certificates };
      const server = await startServer(this.kind, family, tls);
      this.stops.push(server.stop);
      return server;
    });
  }

  private proxy({ upstream, family, client, options }: TlsColumn, node: string): Promise<RunningProxy> {
    const listensWithTls = client?.how === 'implicit';
    return lazily(this.proxies, JSON.stringify([upstream, family, listensWithTls, options, node]), async () => {
      const { place } = await this.server(upstream, family);
      const proxy = await startProxy(place, { listensWithTls, authority: this.authority, options, node });
      this.stops.push(proxy.stop);
      return proxy;
    });
  }

  /** The reference's run, and the way to run the column as it was run there. */
  async runReference(client: Client, column: TlsColumn, steps: readonly StepName[]): Promise<Reference> {
    const { mode, family, reference } = column;
    const { place } = await this.server(reference.server, family);
    const cell: Cell = { client, server: this.kind, place, mode, steps, tls: reference.client ?? undefined };
    const { run, ...result } = await runDirectly(cell);
    const runColumn = async (node = process.execPath) => {
      const behind = await this.server(column.upstream, family);
      const through = { ...cell, place: behind.place, steps: result.worked, tls: column.client ?? undefined };
      await runThrough(through, await this.proxy(column, node), run, (seen) =>
        wrongWithTls(seen, expectedOf(cell, column)),
      );
    };
    return { ...result, runColumn };
  }

  async close(): Promise<void> {
    for (const stop of this.stops.reverse()) await stop();
  }
}

function lazily<T>(kept: Map<string, Promise<T>>, key: string, start: () => Promise<T>): Promise<T> {
  const found = kept.get(key) ?? start();
  kept.set(key, found);
  return found;
}

/** The legs' TLS as it should be: the server's is encrypted like the client's, or wholly when the client does not encrypt. */
function expectedOf(cell: Cell, { client, upstream }: TlsColumn): Readonly<Record<'client' | 'server', ExpectedSide>> {
  const protection = client?.protection ?? 'P';
  return {
    client: {
      version: client?.version ?? null,
      protection,
      resumes: client !== null && cell.client.tls?.resumes.includes(client.version) === true,
    },
    server: {
      version: upstream?.version ?? null,
      protection,
      resumes: upstream !== null && cell.server.resumes.includes(upstream.version),
    },
  };
}
