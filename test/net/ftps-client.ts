// A scripted FTPS client: AUTH TLS or implicit, PROT, transfers in every mode, and sessions resumed as clients do.
import type { ConnectionOptions } from 'node:tls';
import type { Endpoint } from '../../src/protocol/endpoint.js';
import { connectPeer, type Fate, listenForPeers, type Peer } from '../support/scripted-server.js';
import { startTls, type TlsEnd } from './tls-ends.js';
import { endpointOf227, portOf229 } from './watched-proxy.js';

export type DataMode = 'PASV' | 'EPSV' | 'PORT' | 'EPRT';
export const DATA_MODES: readonly DataMode[] = ['PASV', 'EPSV', 'PORT', 'EPRT'];

export interface Download {
  readonly preliminary: string;
  readonly reply: string;
  readonly bytes: Buffer;
  readonly fate: Fate;
  /** The data connection's TLS; null when it had none. */
  readonly tls: TlsEnd | null;
}

export class FtpsClient {
  control: TlsEnd | null = null;
  protection: 'C' | 'P' = 'C';
  /** Whether each data handshake so far resumed a session. */
  readonly resumed: boolean[] = [];
  newestSession: Buffer | null = null;

  private constructor(
    readonly peer: Peer,
    private readonly endpoint: Endpoint,
    private readonly options: ConnectionOptions,
  ) {}

  /** Connected; has read nothing. */
  static async connect(endpoint: Endpoint, options: ConnectionOptions): Promise<FtpsClient> {
    return new FtpsClient(await connectPeer(endpoint), endpoint, options);
  }

  ask(line: string): Promise<string> {
    return this.peer.ask(line);
  }

  /** Encrypts the control connection now. */
  async secure(): Promise<void> {
    this.control = await this.encrypt(this.peer);
  }

  /** Greeted, and encrypted with AUTH TLS. */
  async authenticate(): Promise<this> {
    await this.expect(this.peer.readReply(), '220');
    await this.expect(this.ask('AUTH TLS'), '234');
    await this.secure();
    return this;
  }

  /** Greeted, encrypted, protected, logged in. */
  async begin(protection: 'C' | 'P' = 'P', auth: 'AUTH TLS' | 'implicit' | 'none' = 'AUTH TLS'): Promise<this> {
    if (auth === 'implicit') await this.secure();
    await this.expect(this.peer.readReply(), '220');
    if (auth === 'AUTH TLS') {
      await this.expect(this.ask('AUTH TLS'), '234');
      await this.secure();
    }
    if (auth !== 'none') await this.protect(protection);
    await this.expect(this.ask('USER anna'), '331');
    await this.expect(this.ask('PASS sesame'), '230');
    return this;
  }

  async protect(protection: 'C' | 'P'): Promise<void> {
    await this.expect(this.ask('PBSZ 0'), '200');
    await this.expect(this.ask(`PROT ${protection}`), '200');
    this.protection = protection;
  }

  async download(path: string, mode: DataMode = 'PASV'): Promise<Download> {
    const { preliminary, data, tls } = await this.transfer(`RETR ${path}`, mode);
    const fate = await data.over();
    data.socket.end();
    return { preliminary, reply: await this.peer.readReply(), bytes: Buffer.from(data.received, 'latin1'), fate, tls };
  }

  /** Gives the final reply. */
  async upload(path: string, bytes: Buffer, mode: DataMode = 'PASV'): Promise<string> {
    const { data } = await this.transfer(`STOR ${path}`, mode);
    data.socket.end(bytes);
    return this.peer.readReply();
  }

  /** The transfer is under way: its 150 was read, its data connection stands as PROT wants it. */
  async transfer(command: string, mode: DataMode = 'PASV') {
    const open = await this.announce(mode);
    this.peer.say(`${command}\r\n`);
    const data = await open();
    const tls = this.protection === 'P' ? await this.encrypt(data) : null;
    if (tls !== null) this.resumed.push(tls.socket.isSessionReused());
    return { preliminary: await this.peer.readReply(), data, tls };
  }

  /** What opens the data connection, once the transfer was asked for. */
  async announce(mode: DataMode): Promise<() => Promise<Peer>> {
    if (mode === 'PASV' || mode === 'EPSV') {
      const reply = await this.ask(mode);
      const target = mode === 'PASV' ? endpointOf227(reply) : { ...this.endpoint, port: portOf229(reply) };
      return () => connectPeer(target);
    }
    const { accept, hostPort, endpoint } = await listenForPeers(this.endpoint.address);
    await this.expect(
      this.ask(mode === 'PORT' ? `PORT ${hostPort}` : `EPRT |1|${endpoint.address}|${endpoint.port}|`),
      '200',
    );
    return accept;
  }

  /** A data connection's TLS, with the newest session. */
  async encrypt(peer: Peer): Promise<TlsEnd> {
    const session = this.newestSession === null ? {} : { session: this.newestSession };
    const pending = startTls(peer, { ...this.options, ...session });
    peer.socket.on('session', (offered: Buffer) => {
      this.newestSession = offered;
    });
    return pending;
  }

  private async expect(reply: Promise<string>, code: string): Promise<void> {
    const text = await reply;
    if (!text.startsWith(code)) throw new Error(`expected ${code}, and got: ${text}`);
  }
}
