// TLS of one session: one server context for its client's connections, one chain of resumable sessions towards its server.
import { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import {
  createSecureContext,
  createServer,
  type SecureContext,
  type SecureContextOptions,
  type Server,
} from 'node:tls';
import type { Side } from '../../dialogue/observation.js';
import { askableName } from '../../protocol/client-hello.js';
import type { FtpEndpoint } from '../../protocol/server-name.js';
import { waitForClientHello } from './client-hello-waiting.js';
import { dialTls, type Secured, serveTls } from './handshake.js';
import { renewTickets } from './renewed-tickets.js';
import { TappedStream } from './tapped-stream.js';

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
  /**
   * Which name the server is asked for: `own`, always `serverName`; `host`, that of a HOST command first (RFC 7151); `client`, the
   * one that the client's hello asks for before both. Its certificate may be for that name as well.
   */
  readonly asksFor: 'own' | 'host' | 'client';
  readonly insecure: boolean;
  /** Towards the server: authorities, client certificate. */
  readonly serverContext: SecureContextOptions;
  /** Towards clients: oldest version and ciphers. */
  readonly clientContext: SecureContextOptions;
  readonly onKeyLog: ((line: Buffer) => void) | null;
  readonly timeoutMs: number;
}

interface EncryptionDetails {
  readonly host?: string | null;
  readonly timeoutMs?: number;
  /** It is a data connection, whose hello says nothing new. */
  readonly isData?: boolean;
}

interface ServingRole {
  readonly context: SecureContext;
  readonly cache: Server;
  readonly shownNames: readonly string[];
}

/** How many sessions a client may come back to by session id. */
const MAX_CACHED_SESSIONS = 100;

export class SessionTls {
  private clientRole: Promise<ServingRole> | null = null;
  /** The name in the client's first hello, once that is waited for. */
  private hello: Promise<string | null> | null = null;
  /** The server's newest handshake. */
  private serverHandshake: Promise<Secured> | null = null;
  private namesAskedFor: readonly string[] | null = null;
  private serverContext: SecureContext | null = null;
  /** The newest session that the server offered: single-use tickets are replaced by each connection's own. */
  private resumable: Buffer | null = null;
  private serverNames: readonly string[] = [];

  constructor(private readonly settingsFor: (server: FtpEndpoint | null) => TlsSettings) {}

  /**
   * How a connection to that side is encrypted; the server is null as long as the client has not named it. `host` is what the client
   * called the server before it asked for encryption; `timeoutMs` is instead of the settings' own.
   */
  encryptionFor(
    side: Side,
    server: FtpEndpoint | null,
    { host = null, isData = false, ...patience }: EncryptionDetails = {},
  ): (plain: Socket) => Promise<Secured> {
    const settings = { ...this.settingsFor(server), ...patience };
    return (plain) =>
      side === 'client' ? this.secureClient(plain, settings, isData) : this.secureServer(plain, settings, host, isData);
  }

  /** Rejects with a TlsFailure, or with what kept the certificate from being made. */
  private async secureClient(plain: Socket, settings: TlsSettings, isData: boolean): Promise<Secured> {
    const { onKeyLog, timeoutMs } = settings;
    const isFirst = this.clientRole === null;
    if (isFirst) {
      this.hello ??= isData ? Promise.resolve(null) : waitForClientHello(plain, timeoutMs);
      const asked = await this.hello;
      // What a server shows whose handshake is under way goes into our certificate.
      await this.serverHandshake?.catch(() => {});
      this.clientRole ??= this.makeClientRole(settings, asked);
    }
    const { context, cache, shownNames } = await (this.clientRole ?? this.makeClientRole(settings, null));
    // Later connections show the same.
    return serveTls(plain, { context, cache, onKeyLog, timeoutMs, ...(isFirst ? { shownNames } : {}) });
  }

  private secureServer(plain: Socket, settings: TlsSettings, host: string | null, isData: boolean): Promise<Secured> {
    const handshake = this.shakeHands(plain, settings, host, isData);
    this.serverHandshake = handshake;
    return handshake;
  }

  /** Rejects with a TlsFailure. */
  private async shakeHands(
    plain: Socket,
    settings: TlsSettings,
    host: string | null,
    isData: boolean,
  ): Promise<Secured> {
    this.serverContext ??= createSecureContext(settings.serverContext);
    this.namesAskedFor ??= await this.namesToAskFor(settings, host);
    const secured = await dialTls(plain, {
      context: this.serverContext,
      names: this.namesAskedFor,
      insecure: settings.insecure,
      session: this.resumable,
      onSession: (session) => {
        this.resumable = session;
      },
      onKeyLog: settings.onKeyLog,
      timeoutMs: settings.timeoutMs,
      tap: isData ? null : new TappedStream(plain),
    });
    const { certificate } = secured.facts;
    if (certificate !== null) this.serverNames = certificate.names.map(withoutKind);
    return secured;
  }

  /** A client that is about to encrypt is waited for: its hello names the server that it wants. */
  private async namesToAskFor({ asksFor, serverName }: TlsSettings, host: string | null): Promise<readonly string[]> {
    if (asksFor === 'own') return [serverName];
    const inHello = asksFor === 'client' ? await this.hello?.catch(() => null) : null;
    const asked = askableName(inHello ?? '') ?? askableName(host ?? '');
    return asked === null || asked === serverName ? [serverName] : [asked, serverName];
  }

  private async makeClientRole(settings: TlsSettings, asked: string | null): Promise<ServingRole> {
    const names = [...settings.ownNames, ...(asked === null ? [] : [asked]), ...this.serverNames];
    const certificates = await settings.certificatesFor(names);
    const cert = certificates.map((one) => one.cert);
    const key = certificates.map((one) => one.key);
    const options = { ...settings.clientContext, cert, key };
    const context = createSecureContext(options);
    renewTickets(context);
    return { context, cache: sessionCache(options), shownNames: namesIn(cert[0] ?? '') };
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

function namesIn(pem: string): readonly string[] {
  return new X509Certificate(pem).subjectAltName?.split(', ').map(withoutKind) ?? [];
}

/** `DNS:ftp.example.com` and `IP Address:10.0.0.7` without what kind of name they are. */
function withoutKind(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
