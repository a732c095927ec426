// How a check gets to its server: one conversation at a time, in the clear or encrypted, logged in or not. Counts them, so that a check
// stays polite. Every certificate is taken here: what is wrong with it is for a probe to say, and what may be sent over it for `mayLogIn`.
import type { Observation, TlsFacts } from '../dialogue/observation.js';
import { TlsFailure } from '../ends/tls/handshake-facts.js';
import { SessionTls } from '../ends/tls/session-tls.js';
import type { Endpoint } from '../protocol/endpoint.js';
import { isCompletion, isIntermediate, isNegative } from '../protocol/reply.js';
import type { FtpEndpoint } from '../protocol/server-name.js';
import { type Answer, Talk } from './talk.js';

export interface ServerToCheck {
  readonly server: FtpEndpoint;
  /** Null for anonymous. */
  readonly user: string | null;
  readonly password: string;
  /** For a connection, and for an answer. */
  readonly timeoutMs: number;
  /** Authorities that may have signed the certificate, PEM; the usual ones where there are none. */
  readonly authorities?: string | undefined;
  /** The name that the certificate must be for. */
  readonly serverName?: string | undefined;
  /** Send the password over a connection whose certificate is not trusted. */
  readonly insecure: boolean;
}

export type CheckedTlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

/** A control connection, and how far it came. What is null was not asked. */
export interface Visit {
  readonly conversation: Talk;
  readonly greeting: Answer;
  /** To AUTH TLS; null where TLS comes first. */
  readonly auth: Answer | null;
  readonly tls: TlsFacts | null;
  /** Why the handshake failed: the conversation is over then. */
  readonly tlsFailure: TlsFailure | null;
  readonly pbsz: Answer | null;
  readonly prot: Answer | null;
  /** To USER, or to PASS where that was asked for. */
  readonly login: Answer | null;
  readonly isLoggedIn: boolean;
  /** Why the password was not sent. */
  readonly withheld: string | null;
}

export interface VisitOptions {
  readonly encrypts: boolean;
  readonly logsIn: boolean;
  /** Only this version. */
  readonly version?: CheckedTlsVersion;
  /** Instead of the address of the check. */
  readonly address?: string;
}

export class Contact {
  /** Connections so far. */
  conversations = 0;
  private readonly open = new Set<Talk>();

  constructor(
    readonly target: ServerToCheck,
    /** The address that the check goes to. */
    public address: string,
    private readonly observe: (observation: Observation) => void,
  ) {}

  get implicitTls(): boolean {
    return this.target.server.implicitTls === true;
  }

  get user(): string {
    return this.target.user ?? 'anonymous';
  }

  /** Rejects with an Error whose message is a reason. */
  async connect({ version, address = this.address }: Partial<VisitOptions> = {}): Promise<Talk> {
    const server: Endpoint = { address, port: this.target.server.port };
    this.conversations += 1;
    const conversation = await Talk.open({
      number: this.conversations,
      server,
      tls: this.newTls(version),
      timeoutMs: this.target.timeoutMs,
      observe: this.observe,
    });
    this.open.add(conversation);
    return conversation;
  }

  /** As far as the server lets us. Rejects with an Error when it cannot be reached, or falls silent. */
  async enter(options: VisitOptions): Promise<Visit> {
    const conversation = await this.connect(options);
    try {
      return await this.enterOver(conversation, options);
    } catch (error) {
      conversation.destroy();
      throw error;
    }
  }

  /** TLS of a conversation, with no session to resume. */
  newTls(version?: CheckedTlsVersion): SessionTls {
    const { authorities, serverName, server, timeoutMs } = this.target;
    // OpenSSL's own bar is higher than the oldest versions.
    const only =
      version === undefined ? {} : { minVersion: version, maxVersion: version, ciphers: 'DEFAULT:@SECLEVEL=0' };
    return new SessionTls(() => ({
      certificatesFor: () => Promise.reject(new Error('a client shows no certificate')),
      ownNames: [],
      serverName: serverName ?? server.address,
      asksFor: 'own',
      insecure: true,
      serverContext: { ...(authorities === undefined ? {} : { ca: authorities }), ...only },
      clientContext: {},
      onKeyLog: null,
      timeoutMs,
    }));
  }

  /** Ends what is open, at once. */
  close(): void {
    for (const conversation of this.open) conversation.destroy();
  }

  private async enterOver(conversation: Talk, { encrypts, logsIn }: VisitOptions): Promise<Visit> {
    let tls: TlsFacts | null = null;
    let tlsFailure: TlsFailure | null = null;
    let greeting: Answer | null = null;
    let auth: Answer | null = null;
    const secure = async () => {
      try {
        tls = await conversation.secure();
      } catch (error) {
        if (!(error instanceof TlsFailure)) throw error;
        tlsFailure = error;
      }
    };
    const soFar = () => ({ conversation, greeting: greeting ?? NO_GREETING, auth, tls, tlsFailure });
    if (this.implicitTls) await secure();
    if (tlsFailure !== null) return { ...soFar(), ...NOT_FURTHER };
    greeting = await conversation.greeting();
    if (isNegative(greeting.code)) return { ...soFar(), ...NOT_FURTHER };
    if (encrypts && !this.implicitTls) {
      auth = await conversation.ask('AUTH TLS');
      if (!isNegative(auth.code)) await secure();
    }
    if (tlsFailure !== null) return { ...soFar(), ...NOT_FURTHER };
    const protection = tls === null ? { pbsz: null, prot: null } : await this.protect(conversation);
    const login = logsIn ? await this.logIn(conversation, tls) : NO_LOGIN;
    return { ...soFar(), ...protection, ...login };
  }

  private async protect(conversation: Talk) {
    const pbsz = await conversation.ask('PBSZ 0');
    const prot = await conversation.ask('PROT P');
    conversation.protects = isCompletion(prot.code);
    return { pbsz, prot };
  }

  private async logIn(conversation: Talk, tls: TlsFacts | null) {
    const withheld = this.whyNotTo(tls);
    if (withheld !== null) return { ...NO_LOGIN, withheld };
    let login = await conversation.ask(`USER ${this.user}`);
    if (isIntermediate(login.code)) login = await conversation.ask(`PASS ${this.target.password}`);
    return { login, isLoggedIn: isCompletion(login.code), withheld: null };
  }

  /** A password is not sent to a server that may be another. Anonymous has none. */
  private whyNotTo(tls: TlsFacts | null): string | null {
    if (tls?.verifyError === undefined || this.target.user === null || this.target.insecure) return null;
    return 'the certificate is not trusted: the password was not sent (--server-ca FILE trusts its authority, --insecure any)';
  }
}

const NO_GREETING: Answer = { code: 0, lines: [], ms: 0 };
const NO_LOGIN = { login: null, isLoggedIn: false, withheld: null } as const;
const NOT_FURTHER = { pbsz: null, prot: null, ...NO_LOGIN } as const;
