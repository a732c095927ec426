// A scripted FTPS server, the proxy before it, and an FTPS client, with certificates of an authority made for the test file.
import type { ConnectionOptions } from 'node:tls';
import { beforeAll } from 'vitest';
import type { ProxyOptions, ProxyTlsOptions } from '../../src/net/proxy-options.js';
import { type Leaf, LeafCertificates } from '../../src/net/tls/leaf-certificates.js';
import { FtpsClient } from './ftps-client.js';
import { type FtpsServer, type FtpsServerOptions, startFtpsServer } from './ftps-server.js';
import { type OwnAuthority, ownAuthority } from './tls/own-authority.js';
import { type WatchedProxy, watchProxy } from './watched-proxy.js';

export const LOOPBACK = '127.0.0.1';

export interface TestCertificates {
  readonly own: () => OwnAuthority;
  /** The authority's certificate, PEM: both sides trust it. */
  readonly ca: () => string;
  readonly leaves: () => LeafCertificates;
  /** The server's usual certificate. */
  readonly forServer: () => Leaf;
}

/** To be called at the top of a test file. */
export function testCertificates(): TestCertificates {
  const own = ownAuthority();
  let made: { readonly leaves: LeafCertificates; readonly leaf: Leaf } | null = null;
  beforeAll(async () => {
    const leaves = new LeafCertificates(own().authority);
    await leaves.prepare(['ecdsa', 'rsa']);
    made = { leaves, leaf: await leaves.issue({ names: [LOOPBACK, 'ftp.example.com'] }) };
  });
  const get = () => {
    if (made === null) throw new Error('certificates are there only while tests run');
    return made;
  };
  return {
    own,
    ca: () => own().authority.certificate.toString(),
    leaves: () => get().leaves,
    forServer: () => get().leaf,
  };
}

export interface FtpsSetup {
  readonly server?: FtpsServerOptions;
  /** The server speaks no TLS at all. */
  readonly plainServer?: boolean;
  readonly tls?: Partial<ProxyTlsOptions>;
  readonly proxy?: Partial<ProxyOptions>;
  readonly client?: ConnectionOptions;
  /** The client's leg is implicit FTPS; the server's is with `server.implicit`. */
  readonly implicit?: boolean;
}

export interface FtpsSession extends WatchedProxy {
  readonly server: FtpsServer;
  readonly client: FtpsClient;
  /** One more client of the same proxy. */
  connect(options?: ConnectionOptions): Promise<FtpsClient>;
}

/** The client is connected, and has read nothing. */
export async function ftpsSession(certificates: TestCertificates, setup: FtpsSetup = {}): Promise<FtpsSession> {
  const context = setup.plainServer ? {} : { context: { ...certificates.forServer() } };
  const server = await startFtpsServer({ ...context, ...setup.server });
  const watched = await watchProxy({
    server: { ...server.endpoint, implicitTls: setup.server?.implicit ?? false },
    listen: [{ address: LOOPBACK, port: 0, ...(setup.implicit ? { implicitTls: true } : {}) }],
    tls: proxyTls(certificates, setup.tls),
    ...setup.proxy,
  });
  const connect = (options: ConnectionOptions = {}) =>
    FtpsClient.connect(watched.endpoint, { ca: certificates.ca(), host: LOOPBACK, ...setup.client, ...options });
  return { ...watched, server, client: await connect(), connect };
}

/** Certificates minted as `ftpscope proxy` does, and the test's authority trusted. */
export function proxyTls(certificates: TestCertificates, options: Partial<ProxyTlsOptions> = {}): ProxyTlsOptions {
  const certificatesFor = (names: readonly string[]) => {
    const leaves = certificates.leaves();
    return Promise.all([leaves.issue({ names }), leaves.issue({ names, algorithm: 'rsa' })]);
  };
  return { certificatesFor, serverCa: certificates.ca(), ...options };
}
