// A capture as a recording. Its payloads are within it, and are put into a temporary folder for those who want them.
import type { Observation } from '../session/observation.js';
import { RecordedFileError } from './recorded-file-error.js';
import type { RecordedSource } from './recorded-source.js';
import type { OpenRecordedOptions, Reading, RecordedFile } from './recording.js';

export class RecordedCapture implements RecordedFile {
  readonly kind = 'capture';
  readonly name: string;
  readonly size: number | null;
  endsEarly = false;

  constructor(
    private readonly source: RecordedSource,
    readonly options: OpenRecordedOptions,
  ) {
    this.name = source.name;
    this.size = source.size;
  }

  // biome-ignore lint/correctness/useYield: until src/capture reads captures.
  async *observations(_reading: Reading = {}): AsyncGenerator<readonly Observation[]> {
    throw new RecordedFileError('unknown', `${this.name} is neither a transcript nor a capture`);
  }

  payload(name: string): AsyncIterable<Buffer> {
    throw new RecordedFileError('payload', `payload ${name} of ${this.name} is missing`);
  }

  close(): Promise<void> {
    return this.source.close();
  }
}
