// A transcript as a recording, with the payloads that were kept beside it.
import { createReadStream, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Observation } from '../dialogue/observation.js';
import { isPayloadFileName } from '../transcript/payload-names.js';
import { readTranscript } from '../transcript/read-transcript.js';
import { type RecordedSource, STDIN } from './recorded-bytes.js';
import type { OpenRecordedOptions, Reading, RecordedFile } from './recorded-file.js';
import { RecordedFileError, recordedFileError } from './recorded-file-error.js';

/** More than anybody keeps the payloads of one transcript in. */
const MAX_PAYLOAD_FOLDERS = 16;

export class RecordedTranscript implements RecordedFile {
  readonly kind = 'transcript';
  readonly name: string;
  readonly size: number | null;
  endsEarly = false;
  /** As the headers name them, the newest first. */
  private payloadFolders: string[] = [];

  constructor(
    private readonly path: string,
    private readonly source: RecordedSource,
    private readonly options: OpenRecordedOptions,
  ) {
    this.name = source.name;
    this.size = source.size;
  }

  async *observations({ kinds, numbers }: Reading = {}): AsyncGenerator<readonly Observation[]> {
    const reading = {
      ...(kinds === undefined ? {} : { kinds }),
      ...(numbers === undefined ? {} : { numbers }),
      onHeader: ({ payloads }: { readonly payloads?: string }) => this.keptIn(payloads),
      onCut: () => {
        this.endsEarly = true;
      },
      notice: (line: string) => this.options.notice?.(`${this.name}: ${line}`),
    };
    try {
      yield* readTranscript(this.source.unpacked(), reading);
    } catch (error) {
      throw recordedFileError(this.name, error);
    }
  }

  payload(name: string): AsyncIterable<Buffer> {
    // A transcript may come from anybody: it must not make us read, and send elsewhere, what is no payload.
    if (!isPayloadFileName(name))
      throw noPayload(`${this.name} names a payload ${name}, which is no name of a payload`);
    const folders = this.foldersToLookIn();
    const folder = folders.find((one) => statSync(resolve(one, name), { throwIfNoEntry: false })?.isFile());
    if (folder !== undefined) return bytesOf(resolve(folder, name));
    const looked = folders.length === 0 ? '' : `, and not in ${folders.join(' or ')}`;
    throw noPayload(`payload ${name} of ${this.name} is missing${looked}: say with --payloads where it is`);
  }

  close(): Promise<void> {
    return this.source.close();
  }

  private keptIn(folder: string | undefined): void {
    if (folder === undefined || this.path === STDIN) return;
    const path = resolve(dirname(this.path), folder);
    const others = this.payloadFolders.filter((known) => known !== path);
    this.payloadFolders = [path, ...others].slice(0, MAX_PAYLOAD_FOLDERS);
  }

  /** Where the headers say, and beside the transcript. */
  private foldersToLookIn(): readonly string[] {
    if (this.options.payloadFolder !== undefined) return [this.options.payloadFolder];
    return this.path === STDIN ? [] : [...new Set([...this.payloadFolders, resolve(dirname(this.path))])];
  }
}

/** Opened when it is read, and not before: a recording may name thousands. */
async function* bytesOf(path: string): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(path);
  } catch (error) {
    throw recordedFileError(path, error);
  }
}

function noPayload(message: string): RecordedFileError {
  return new RecordedFileError('payload', message);
}
