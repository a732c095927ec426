// A capture as a recording, or several files of captures that are one (as tcpdump -C, -G and -W cut them). Its payloads are within it, and are put into a temporary folder for those who want to have them.
import { createReadStream, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstPacketAt, readCaptures } from '../capture/read-capture.js';
import type { Observation } from '../dialogue/observation.js';
import type { PayloadStore } from '../dialogue/payload-sink.js';
import { openPayloadFolder } from '../transcript/payload-files.js';
import { isPayloadFileName } from '../transcript/payload-names.js';
import { SessionNumbers } from '../transcript/session-numbers.js';
import type { RecordedSource } from './recorded-bytes.js';
import type { OpenRecordedOptions, Reading, RecordedFile } from './recorded-file.js';
import { RecordedFileError, recordedFileError } from './recorded-file-error.js';

export class RecordedCapture implements RecordedFile {
  readonly kind = 'capture';
  readonly name: string;
  readonly size: number | null;
  endsEarly = false;
  /** Of the newest reading; null while no payloads are kept here. */
  private payloadFolder: string | null = null;

  /** The name of the file that is being read. */
  private reading: string;

  constructor(
    private readonly sources: readonly [RecordedSource, ...RecordedSource[]],
    private readonly options: OpenRecordedOptions,
  ) {
    const [first, ...others] = sources;
    this.name = others.length === 0 ? first.name : `${first.name} and ${others.length} more`;
    this.reading = first.name;
    this.size = sources.reduce(
      (sum: number | null, { size }) => (sum === null || size === null ? null : sum + size),
      0,
    );
  }

  /** As one, in the order of their first packets. Streams come last: nobody knows when they begin. */
  static async joined(captures: readonly [RecordedCapture, ...RecordedCapture[]]): Promise<RecordedCapture> {
    const [first, ...others] = captures;
    if (others.length === 0) return first;
    const timed = captures
      .flatMap(({ sources }) => sources)
      .map(async (source) => ({ source, at: source.size === null ? null : await firstPacketOf(source) }));
    const inOrder = (await Promise.all(timed)).sort((one, other) => (one.at ?? Infinity) - (other.at ?? Infinity) || 0);
    const [earliest, ...later] = inOrder.map(({ source }) => source);
    return earliest === undefined ? first : new RecordedCapture([earliest, ...later], first.options);
  }

  async *observations({
    kinds,
    payloads,
    sums = true,
    numbers = new SessionNumbers(),
  }: Reading = {}): AsyncGenerator<readonly Observation[]> {
    numbers.enter(null);
    const store = payloads ?? (this.options.keepPayloads ? await this.ownStore() : undefined);
    const { showSecrets = false, ports = [], keyLog, notice } = this.options;
    const told = (line: string, kind: string) => {
      if (kind === 'incomplete' || kind === 'unsaved') this.endsEarly = true;
      notice?.(`${kind === 'incomplete' ? this.reading : this.name}: ${line}`);
    };
    const kept = {
      ...(store === undefined ? {} : { payloads: renumbered(store, numbers) }),
      ...(keyLog === undefined ? {} : { keyLog }),
    };
    try {
      const reading = { showSecrets, ports, sums, isLive: this.size === null, notice: told, ...kept };
      for await (const batch of readCaptures(this.files(), reading)) {
        const wanted = kinds === undefined ? batch : batch.filter(({ kind }) => kinds.has(kind));
        yield wanted.map((observation) => withNumber(observation, numbers.of(observation.session)));
      }
    } catch (error) {
      throw recordedFileError(this.reading, error);
    }
  }

  private async *files(): AsyncGenerator<AsyncIterable<Buffer>> {
    for (const source of this.sources) {
      this.reading = source.name;
      yield source.read();
    }
  }

  payload(name: string): AsyncIterable<Buffer> {
    const path = this.payloadFolder === null || !isPayloadFileName(name) ? null : join(this.payloadFolder, name);
    if (path !== null && statSync(path, { throwIfNoEntry: false })?.isFile()) return createReadStream(path);
    throw new RecordedFileError('payload', `payload ${name} of ${this.name} is missing from the capture`);
  }

  async close(): Promise<void> {
    for (const source of this.sources) await source.close();
    await this.dropPayloads();
  }

  /** Each reading names its payloads anew, and finds an empty folder. */
  private async ownStore(): Promise<PayloadStore> {
    await this.dropPayloads();
    this.payloadFolder = await mkdtemp(join(tmpdir(), 'ftpscope-payloads-'));
    return openPayloadFolder(this.payloadFolder);
  }

  private async dropPayloads(): Promise<void> {
    if (this.payloadFolder !== null) await rm(this.payloadFolder, { recursive: true, force: true });
    this.payloadFolder = null;
  }
}

/** The only capture that is read keeps its numbers, and its observations are as they are. */
function withNumber(observation: Observation, session: number): Observation {
  return observation.session === session ? observation : { ...observation, session };
}

async function firstPacketOf(source: RecordedSource): Promise<number | null> {
  try {
    return await firstPacketAt(source.peek());
  } catch {
    // What is wrong with it is reported when it is read.
    return null;
  }
}

/** Files are named by the numbers that the sessions have here. */
function renumbered(store: PayloadStore, numbers: SessionNumbers): PayloadStore {
  return { open: (transfer) => store.open({ ...transfer, session: numbers.of(transfer.session) }) };
}
