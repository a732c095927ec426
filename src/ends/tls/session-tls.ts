// TLS of one session: one server context for its client's connections, one chain of resumable sessions towards its server.
import type { Socket } from 'node:net';
import {
  createSecureContext,
  createServer,
  type SecureContext,
  type SecureContextOptions,
  type Server,
} from 'node:tls';
import type { Side } from '../../dialogue/observation.js';
import type { FtpEndpoint } from '../../protocol/server-name.js';
import { dialTls, type Secured, serveTls } from './handshake.js';
import { renewTickets } from './renewed-tickets.js';

/** A certificate and its key, PEM. */
export interface CertificateAndKey {
  readonly cert: string;
  readonly key: string;
}

/** How a proxy encrypts, as far as it is no matter of a single session. */
export interface TlsSettings {
  /** The certificates to show to a client, for these names: one for each kind of key. */
  readonly certificatesFor: (names: readonly string[]) => Promise<readonly CertificateAndKey[]>;
  /** Names beside those of the server's certificate. */
  readonly ownNames: readonly string[];
  /** The name that the server's certificate must be for. */
  readonly serverName: string;
  readonly insecure: boolean;
  /** Towards the server: authorities, client certificate. */
  readonly serverContext: SecureContextOptions;
  /** Towards clients: oldest version and ciphers. */
  readonly clientContext: SecureContextOptions;
  readonly onKeyLog: ((line: Buffer) => void) | null;
  readonly timeoutMs: number;
}

/** How many sessions a client may come back to by session id. */
const MAX_CACHED_SESSIONS = 100;

export class SessionTls {
  private clientRole: Promise<{ readonly context: SecureContext; readonly cache: Server }> | null = null;
  private serverContext: SecureContext | null = null;
  /** The newest session that the server offered: single-use tickets are replaced by each connection's own. */
  private resumable: Buffer | null = null;
  private serverNames: readonly string[] = [];

  constructor(private readonly settingsFor: (server: FtpEndpoint | null) => TlsSettings) {}

  /** How a connection to that side is encrypted; the server is null as long as the client has not named it. */
  encryptionFor(side: Side, server: FtpEndpoint | null): (plain: Socket) => Promise<Secured> {
    const settings = this.settingsFor(server);
    return (plain) => (side === 'client' ? this.secureClient(plain, settings) : this.secureServer(plain, settings));
  }

  /** Rejects with a TlsFailure, or with what kept the certificate from being made. */
  private async secureClient(plain: Socket, settings: TlsSettings): Promise<Secured> {
    this.clientRole ??= this.makeClientRole(settings);
    const role = await this.clientRole;
    const { onKeyLog, timeoutMs } = settings;
    return serveTls(plain, { ...role, onKeyLog, timeoutMs });
  }

  /** Rejects with a TlsFailure. */
  private async secureServer(plain: Socket, settings: TlsSettings): Promise<Secured> {
    this.serverContext ??= createSecureContext(settings.serverContext);
    const secured = await dialTls(plain, {
      context: this.serverContext,
      name: settings.serverName,
      insecure: settings.insecure,
      session: this.resumable,
      onSession: (session) => {
        this.resumable = session;
      },
      onKeyLog: settings.onKeyLog,
      timeoutMs: settings.timeoutMs,
    });
    const { certificate } = secured.facts;
    if (certificate !== null) this.serverNames = certificate.names.map(withoutKind);
    return secured;
  }

  private async makeClientRole(
    settings: TlsSettings,
  ): Promise<{ readonly context: SecureContext; readonly cache: Server }> {
    const certificates = await settings.certificatesFor([...settings.ownNames, ...this.serverNames]);
    const cert = certificates.map((one) => one.cert);
    const key = certificates.map((one) => one.key);
    const options = { ...settings.clientContext, cert, key };
    const context = createSecureContext(options);
    renewTickets(context);
    return { context, cache: sessionCache(options) };
  }
}

/** Answers clients that resume by session id; those with tickets need nobody. */
function sessionCache(options: SecureContextOptions): Server {
  const sessions = new Map<string, Buffer>();
  const server = createServer(options);
  server.on('newSession', (id: Buffer, session: Buffer, done: () => void) => {
    sessions.set(id.toString('hex'), session);
    const [oldest] = sessions.keys();
    if (sessions.size > MAX_CACHED_SESSIONS && oldest !== undefined) sessions.delete(oldest);
    done();
  });
  server.on('resumeSession', (id: Buffer, done: (error: Error | null, session: Buffer | null) => void) => {
    done(null, sessions.get(id.toString('hex')) ?? null);
  });
  return server;
}

/** `DNS:ftp.example.com` and `IP Address:10.0.0.7` without what kind of name they are. */
function withoutKind(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
