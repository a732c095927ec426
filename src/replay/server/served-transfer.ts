// One transfer of a replayed server: sends the recorded payload, or takes an upload and holds it against the recorded one. The
// replies are the recorded ones as long as all goes as recorded.
import { createHash } from 'node:crypto';
import type { DataConnection } from '../../ends/data-connection.js';
import type { ServerDataPort } from '../../ends/server-data-port.js';
import { type Command, maskedLine } from '../../protocol/command.js';
import { isPreliminary } from '../../protocol/reply.js';
import { RecordedFileError } from '../../recordings/recorded-file-error.js';
import { recordedBytes } from '../session/recorded-payload.js';
import {
  carriedData,
  directionOf,
  finalReply,
  heldOf,
  type RecordedExchange,
  type RecordedReply,
  wasRefused,
} from '../session/recorded-session.js';
import type { Recording } from '../session/recorded-sessions.js';
import type { ServedCounts } from './served-counts.js';
import type { LoggedTransfer, ServedLog } from './served-log.js';

export interface TransferSurroundings {
  readonly port: ServerDataPort;
  readonly counts: ServedCounts;
  readonly recording: Pick<Recording, 'payload'>;
  /** Answers with a line of our own. */
  readonly say: (line: string) => void;
  readonly sayRecorded: (reply: RecordedReply) => Promise<void>;
  /** As the client wants its data. */
  readonly encrypt: (data: DataConnection) => Promise<void>;
  readonly log: ServedLog | null;
}

export class ServedTransfer {
  private connection: DataConnection | null = null;
  private isAborted = false;
  private logged: LoggedTransfer | null = null;

  constructor(
    private readonly command: Command,
    /** Null for an upload that the recording does not have. */
    private readonly exchange: RecordedExchange | null,
    /** Of the recorded payload: the client wants what comes behind them. */
    private readonly skipBytes: number,
    private readonly surroundings: TransferSurroundings,
  ) {}

  /** Never rejects for what the client does. */
  async run(): Promise<void> {
    const { exchange, surroundings } = this;
    if (exchange !== null && !carriedData(exchange)) {
      for (const reply of exchange.replies) await surroundings.sayRecorded(reply);
      return;
    }
    const isUpload = directionOf(exchange?.verb ?? this.command.verb) === 'upload';
    const chunks = isUpload || exchange === null ? null : this.payloadOf(exchange);
    if (!isUpload && chunks === null) return;
    if (!surroundings.port.isSet) return surroundings.say('425 Use PASV, EPSV, PORT or EPRT first.');
    await this.sayPreliminary(isUpload);
    this.logged = (await surroundings.log?.begins(this.command, isUpload ? 'upload' : 'download')) ?? null;
    const failure = await this.move(chunks);
    const cut = failure === null && !isUpload && this.endsEarly ? 'the recording of this transfer ends here' : failure;
    await this.logged?.end(cut === null ? null : { cause: 'failed-by-server', reason: cut }, this.isAborted);
    if (this.isAborted) this.sayAborted();
    else if (failure !== null) surroundings.say(`426 ${failure}`);
    else if (!isUpload && this.endsEarly) await this.sayCut();
    else await this.sayFinal();
  }

  /** The recording ends before the download did, or it was broken off. */
  private get endsEarly(): boolean {
    return this.exchange !== null && heldOf(this.exchange) === 'start';
  }

  /** The client has had enough, or is gone. */
  abort(): void {
    this.isAborted = true;
    this.connection?.reset();
    this.surroundings.port.close();
  }

  /** Null when the recording does not hold it; then that has been said. */
  private payloadOf({ transfer }: RecordedExchange): AsyncIterable<Buffer> | null {
    const { recording, counts, say } = this.surroundings;
    try {
      if (transfer !== null && transfer.held !== 'nothing')
        return behind(recordedBytes(transfer, recording), this.skipBytes);
    } catch (error) {
      if (!(error instanceof RecordedFileError)) throw error;
    }
    counts.addTo(counts.withoutPayload, maskedLine(this.command));
    say('450 The recording does not hold the bytes of this transfer.');
    return null;
  }

  /** Why it failed, in words; null when it went through. */
  private async move(chunks: AsyncIterable<Buffer> | null): Promise<string | null> {
    try {
      this.connection = await this.surroundings.port.connection();
      if (!this.isAborted) await this.surroundings.encrypt(this.connection);
      if (this.isAborted) this.connection.reset();
      else if (chunks === null) await this.receive(this.connection);
      else if (this.endsEarly) await this.connection.sendStart(this.logging(chunks));
      else await this.connection.send(this.logging(chunks));
      this.connection.close();
      return null;
    } catch (error) {
      this.connection?.reset();
      return error instanceof Error ? error.message : String(error);
    }
  }

  private async *logging(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      await this.logged?.take(chunk);
      yield chunk;
    }
  }

  private async receive(connection: DataConnection): Promise<void> {
    const hash = createHash('sha256');
    let bytes = 0;
    await connection.receive((chunk) => {
      hash.update(chunk);
      bytes += chunk.length;
      return this.logged?.take(chunk);
    });
    const recorded = this.exchange?.transfer ?? null;
    const sha256 = hash.digest('hex');
    const isKnown = recorded?.outcome === 'complete' && recorded.sha256 !== null;
    const same = isKnown ? recorded.sha256 === sha256 : null;
    this.surroundings.counts.upload({ line: maskedLine(this.command), bytes, sha256, same });
  }

  private async sayPreliminary(isUpload: boolean): Promise<void> {
    const recorded = this.exchange?.replies.filter(({ code }) => isPreliminary(code)) ?? [];
    for (const reply of recorded) await this.surroundings.sayRecorded(reply);
    if (recorded.length === 0) this.surroundings.say(isUpload ? '150 Ok to send data.' : '150 Here it comes.');
  }

  /** In the recorded words, unless they say that all went well. */
  private async sayCut(): Promise<void> {
    const { say, sayRecorded, counts } = this.surroundings;
    counts.addTo(counts.cut, maskedLine(this.command));
    if (this.exchange === null || !wasRefused(this.exchange)) say('426 The recording of this transfer ends here.');
    else for (const reply of this.exchange.replies) if (!isPreliminary(reply.code)) await sayRecorded(reply);
  }

  private async sayFinal(): Promise<void> {
    const final = this.exchange === null ? null : finalReply(this.exchange);
    if (final === null) this.surroundings.say('226 Transfer complete.');
    else await this.surroundings.sayRecorded(final);
  }

  /** RFC 959 section 4.1.3: the transfer's own reply, and the one to ABOR. */
  private sayAborted(): void {
    this.surroundings.say('426 Transfer aborted.');
    this.surroundings.say('226 Abort successful.');
  }
}

/** What is left behind the first `bytes`. */
async function* behind(chunks: AsyncIterable<Buffer>, bytes: number): AsyncGenerator<Buffer> {
  let left = bytes;
  for await (const chunk of chunks) {
    if (left < chunk.length) yield chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}
