// One transfer of a check: a data port, asked of the server or opened for it, the command, what comes or goes, and the final reply.
import type { AnnouncedPort, PassiveForm } from '../dialogue/announced-port.js';
import { announcedPort } from '../dialogue/announced-port.js';
import type { TlsFacts } from '../dialogue/observation.js';
import { ClientDataPort } from '../ends/client-data-port.js';
import { DataConnection } from '../ends/data-connection.js';
import { FROM_ANYWHERE } from '../ends/dial.js';
import { failureOfHandshake } from '../ends/tls/handshake-facts.js';
import type { SessionTls } from '../ends/tls/session-tls.js';
import { addressFamily, type Endpoint } from '../protocol/endpoint.js';
import { formatEprtArgument, formatPortArgument } from '../protocol/host-port.js';
import { isCompletion, isNegative } from '../protocol/reply.js';
import type { Answer, Talk } from './talk.js';

/** Of a listing or a file, what is looked at; what is longer is broken off. */
const MAX_BYTES = 1024 * 1024;

export type CheckedMode = 'PASV' | 'EPSV' | 'active';

export interface Carried {
  /** To the transfer command; null where that was not sent, as there was no connection, or REST was refused. */
  readonly final: Answer | null;
  /** To REST; null where it was not asked. */
  readonly rest: Answer | null;
  /** What came, one character a byte. */
  readonly text: string;
  /** It was too long, and we broke it off. */
  readonly isCut: boolean;
  /** Of the data connection; null in the clear. */
  readonly tls: TlsFacts | null;
  /** The server ended TLS without close_notify. */
  readonly endedAbruptly: boolean;
  /** Why the data connection failed, in words; null where it did not. */
  readonly failure: string | null;
}

/** A data port that is ready for a transfer. */
export interface ReadyPort {
  /** To PASV, EPSV, PORT or EPRT. */
  readonly answer: Answer;
  /** What the server announced, where it did. */
  readonly announced: AnnouncedPort | null;
  /** Null where there is no port to be used. */
  readonly port: ClientDataPort | null;
}

export interface CarryingOptions {
  /** Default: the conversation's own, whose session is resumed. */
  readonly tls?: SessionTls;
  /** Sent where it is given; otherwise the server sends. */
  readonly upload?: string;
  /** Right in front of the transfer: nothing comes between (RFC 3659 section 5.3). */
  readonly restAt?: number;
}

/** Asks for a data port. */
export function portOf(talk: Talk, mode: CheckedMode): Promise<ReadyPort> {
  return mode === 'active' ? activePort(talk) : passivePort(talk, mode);
}

async function passivePort(talk: Talk, verb: 'PASV' | 'EPSV'): Promise<ReadyPort> {
  const form: PassiveForm = verb === 'PASV' ? '227' : '229';
  const answer = await talk.ask(verb);
  const announced = isCompletion(answer.code) ? announcedPort(answer, form, talk.remote.address) : null;
  if (announced === null) return { answer, announced, port: null };
  const port = newPort(talk);
  port.announced(announced.atServer);
  return { answer, announced, port };
}

async function activePort(talk: Talk): Promise<ReadyPort> {
  const port = newPort(talk);
  const own = await port.listen(talk.local, talk.remote);
  const line = addressFamily(own.address) === 2 ? `EPRT ${formatEprtArgument(own)}` : `PORT ${formatPortArgument(own)}`;
  const answer = await talk.ask(line);
  if (isCompletion(answer.code)) return { answer, announced: null, port };
  port.reset();
  return { answer, announced: null, port: null };
}

function newPort(talk: Talk): ClientDataPort {
  const { timeoutMs } = talk.options;
  return new ClientDataPort({ connectMs: timeoutMs, stallMs: timeoutMs });
}

/** Carries one transfer over the port. Rejects with a TalkOver. */
export async function carry(
  talk: Talk,
  line: string,
  port: ClientDataPort,
  { tls = talk.options.tls, upload, restAt }: CarryingOptions = {},
): Promise<Carried> {
  const data = new DataSide(port, talk.protects ? tls : null, upload);
  try {
    // A server waits long for a connection that does not come, and answers nothing meanwhile.
    if (!port.isAwaited && !(await data.stands())) return { final: null, rest: null, ...data.outcome };
    const rest = restAt === undefined ? null : await talk.ask(`REST ${restAt}`);
    if (rest !== null && isNegative(rest.code)) return { final: null, rest, ...data.outcome };
    const answer = talk.ask(line);
    // Behind the command: some servers break a handshake off that begins before it.
    const moved = data.move();
    const final = await answer;
    if (isNegative(final.code)) port.reset();
    await moved;
    return { final, rest, ...data.outcome };
  } finally {
    port.close();
  }
}

/** Whether something listens there, in words; null when it does. */
export async function whyUnreachable(to: Endpoint, timeoutMs: number): Promise<string | null> {
  try {
    const timeouts = { connectMs: timeoutMs, stallMs: timeoutMs };
    const connection = await DataConnection.dial(to, FROM_ANYWHERE, timeouts, new AbortController().signal);
    connection.close();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

class DataSide {
  private readonly kept: Buffer[] = [];
  private bytes = 0;
  private isCut = false;
  private tlsFacts: TlsFacts | null = null;
  private abrupt: () => boolean = () => false;
  private failure: string | null = null;

  constructor(
    private readonly port: ClientDataPort,
    private readonly tls: SessionTls | null,
    private readonly upload: string | undefined,
  ) {}

  /** Whether there is a connection. */
  async stands(): Promise<boolean> {
    try {
      await this.port.connection();
      return true;
    } catch (error) {
      this.failure = failureOfHandshake(error).reason;
      return false;
    }
  }

  /** Never rejects. */
  async move(): Promise<void> {
    try {
      const connection = await this.port.connection();
      if (this.tls !== null) await this.encrypt(connection, this.tls);
      if (this.upload === undefined) await connection.receive((chunk) => this.take(chunk));
      else await connection.send([Buffer.from(this.upload, 'latin1')]);
      // Servers wait with their final reply for the other end of TLS.
      connection.close();
    } catch (error) {
      if (!this.isCut) this.failure = failureOfHandshake(error).reason;
      this.port.reset();
    }
  }

  get outcome() {
    const { isCut, tlsFacts, failure } = this;
    const text = Buffer.concat(this.kept).toString('latin1');
    return { text, isCut, tls: tlsFacts, endedAbruptly: failure === null && !isCut && this.abrupt(), failure };
  }

  private async encrypt(connection: DataConnection, tls: SessionTls): Promise<void> {
    const secured = await connection.secure(tls.encryptionFor('server', null, { isData: true }));
    this.tlsFacts = secured.facts;
    this.abrupt = secured.endedAbruptly;
  }

  private take(chunk: Buffer): void {
    this.bytes += chunk.length;
    if (this.bytes <= MAX_BYTES) this.kept.push(Buffer.from(chunk));
    else if (!this.isCut) {
      this.isCut = true;
      this.port.reset();
    }
  }
}
