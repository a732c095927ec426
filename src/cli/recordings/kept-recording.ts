// What the dashboard keeps of a session, as a recording: so that it can be exported and replayed like one that was written down.
import type { Observation } from '../../dialogue/observation.js';
import { RecordedFileError } from '../../recordings/recorded-file-error.js';
import type { RecordedFile } from '../../recordings/recording.js';
import type { Payloads } from './payload-saving.js';

export class KeptRecording implements RecordedFile {
  readonly kind = 'transcript';
  readonly name = 'the dashboard';
  readonly size = null;
  readonly endsEarly = false;

  constructor(
    readonly kept: readonly Observation[],
    private readonly payloads: Payloads | undefined,
  ) {}

  async *observations(): AsyncGenerator<readonly Observation[]> {
    yield this.kept;
  }

  payload(name: string): AsyncIterable<Buffer> {
    if (this.payloads === undefined) {
      throw new RecordedFileError('payload', 'the bytes of transfers were not kept: see --payloads');
    }
    return this.payloads(name);
  }

  async close(): Promise<void> {}
}
