// A capture as a recording. Its payloads are within it, and are put into a temporary folder for those who want to have them.
import { createReadStream, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCapture } from '../capture/read-capture.js';
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

  constructor(
    private readonly source: RecordedSource,
    private readonly options: OpenRecordedOptions,
  ) {
    this.name = source.name;
    this.size = source.size;
  }

  async *observations({
    kinds,
    payloads,
    numbers = new SessionNumbers(),
  }: Reading = {}): AsyncGenerator<readonly Observation[]> {
    numbers.enter(null);
    const store = payloads ?? (this.options.keepPayloads ? await this.ownStore() : undefined);
    const { showSecrets = false, ports = [], keyLog, notice } = this.options;
    const told = (line: string, kind: string) => {
      if (kind === 'incomplete' || kind === 'unsaved') this.endsEarly = true;
      notice?.(`${this.name}: ${line}`);
    };
    const kept = {
      ...(store === undefined ? {} : { payloads: renumbered(store, numbers) }),
      ...(keyLog === undefined ? {} : { keyLog }),
    };
    try {
      const reading = { showSecrets, ports, isLive: this.size === null, notice: told, ...kept };
      for await (const batch of readCapture(this.source.read(), reading)) {
        const wanted = kinds === undefined ? batch : batch.filter(({ kind }) => kinds.has(kind));
        yield wanted.map((observation) => ({ ...observation, session: numbers.of(observation.session) }));
      }
    } catch (error) {
      throw recordedFileError(this.name, error);
    }
  }

  payload(name: string): AsyncIterable<Buffer> {
    const path = this.payloadFolder === null || !isPayloadFileName(name) ? null : join(this.payloadFolder, name);
    if (path !== null && statSync(path, { throwIfNoEntry: false })?.isFile()) return createReadStream(path);
    throw new RecordedFileError('payload', `payload ${name} of ${this.name} is missing from the capture`);
  }

  async close(): Promise<void> {
    await this.source.close();
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

/** Files are named by the numbers that the sessions have here. */
function renumbered(store: PayloadStore, numbers: SessionNumbers): PayloadStore {
  return { open: (transfer) => store.open({ ...transfer, session: numbers.of(transfer.session) }) };
}
