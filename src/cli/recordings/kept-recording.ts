// What the dashboard keeps of a session, as a recording: so that it can be exported and replayed like one that was written down.
import { RecordedFileError } from '../../replay/recorded-file-error.js';
import type { RecordedFile } from '../../replay/recording.js';
import type { Observation } from '../../session/observation.js';
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
