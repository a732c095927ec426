// Secrets of TLS sessions, as programs write them for Wireshark (draft-ietf-tls-keylogfile): lines of a label, the client's random and a
// secret, in hexadecimal. Comes from a file, or from blocks of a pcapng.

const LINE = /^\s*([A-Z_0-9]+)\s+([0-9a-fA-F]{64})\s+([0-9a-fA-F]{32,128})\s*$/;
/** Some hundred MB; a log that is never cut grows for months. */
const MAX_SECRETS = 1_000_000;

export type SecretLabel =
  /** The master secret, up to TLS 1.2. */
  | 'CLIENT_RANDOM'
  | 'CLIENT_HANDSHAKE_TRAFFIC_SECRET'
  | 'SERVER_HANDSHAKE_TRAFFIC_SECRET'
  | 'CLIENT_TRAFFIC_SECRET_0'
  | 'SERVER_TRAFFIC_SECRET_0';

export class KeyLog {
  private readonly secrets = new Map<string, Buffer>();
  private readonly randoms = new Set<string>();

  get isEmpty(): boolean {
    return this.secrets.size === 0;
  }

  /** Adds the lines of a log. What is none is passed over, as comments are. */
  add(log: Buffer | string): void {
    for (const line of log.toString('latin1').split(/\r?\n/)) {
      const [, label, random, secret] = LINE.exec(line) ?? [];
      if (label === undefined || random === undefined || secret === undefined) continue;
      if (this.secrets.size >= MAX_SECRETS) return;
      this.secrets.set(`${label} ${random.toLowerCase()}`, Buffer.from(secret, 'hex'));
      this.randoms.add(random.toLowerCase());
    }
  }

  /** Whether anything is known of the session that a client began with this random. */
  knows(clientRandom: Buffer): boolean {
    return this.randoms.has(clientRandom.toString('hex'));
  }

  secret(label: SecretLabel, clientRandom: Buffer): Buffer | null {
    return this.secrets.get(`${label} ${clientRandom.toString('hex')}`) ?? null;
  }
}
