// TLS of one client of a replayed server: AUTH, PBSZ, PROT (RFC 4217), whatever the recorded session made of them. What was refused when
// it was recorded is refused again; that is for the session to look at first.

import type { TlsFacts } from '../../dialogue/tls-facts.js';
import type { ServedConnection } from '../../ends/control-server.js';
import type { DataConnection } from '../../ends/data-connection.js';
import type { SessionTls } from '../../ends/tls/session-tls.js';
import type { Endpoint } from '../../protocol/endpoint.js';

/** The TLS of one client that has reached us there; null where there is none. */
export type OpenTls = (local: Endpoint) => Promise<SessionTls | null>;

/** What is done about a command of encryption: an answer, and perhaps a handshake behind it. */
export interface SecurityAnswer {
  readonly line: string;
  readonly encrypts: SessionTls | null;
}

const OF_ENCRYPTION = /^(?:AUTH|PBSZ|PROT|CCC|ADAT|MIC|CONF|ENC|SSCN)$/;

export function isOfEncryption(verb: string): boolean {
  return OF_ENCRYPTION.test(verb);
}

export class ServedSecurity {
  private tls: SessionTls | null = null;
  private protectsData = false;

  constructor(
    private readonly connection: ServedConnection,
    private readonly openTls: OpenTls,
  ) {}

  /** What to say where the recording grants it, or does not know it. */
  async answer(verb: string, argument: string): Promise<SecurityAnswer> {
    const word = argument.trim().toUpperCase();
    if (verb === 'AUTH') return this.auth(word);
    if (this.tls === null) return said('503 There is no encryption here.');
    if (verb === 'PBSZ') return said('200 PBSZ=0');
    if (verb !== 'PROT') return said('534 Not in a replay.');
    if (word !== 'P' && word !== 'C') return said('536 Only PROT P and PROT C.');
    this.protectsData = word === 'P';
    return said(`200 Protection set to ${word}.`);
  }

  /** From here on all is encrypted. Rejects when the client does not go along: its connection is closed then. */
  async encrypt(tls: SessionTls, protectsData: boolean): Promise<TlsFacts> {
    this.tls = tls;
    this.protectsData = protectsData;
    return this.connection.secure(tls.encryptionFor('client', null));
  }

  /** TLS from the first byte: data is protected too, until the client says otherwise. */
  async encryptAtOnce(): Promise<TlsFacts | null> {
    const tls = await this.openTls(this.connection.local);
    return tls === null ? null : this.encrypt(tls, true);
  }

  async encryptData(data: DataConnection): Promise<void> {
    if (this.tls !== null && this.protectsData)
      await data.secure(this.tls.encryptionFor('client', null, { isData: true }));
  }

  private async auth(word: string): Promise<SecurityAnswer> {
    if (this.tls !== null) return said('503 It is encrypted already.');
    if (!/^(?:TLS|TLS-C|TLS-P|SSL)$/.test(word)) return said('504 Only AUTH TLS.');
    const tls = await this.openTls(this.connection.local);
    if (tls === null) return said('534 The recording is served without encryption.');
    return { line: '234 Proceed with negotiation.', encrypts: tls };
  }
}

function said(line: string): SecurityAnswer {
  return { line, encrypts: null };
}
