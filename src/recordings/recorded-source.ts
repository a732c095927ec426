// The content of a recording, counted as it is read, and unpacked for those who do not do that themselves.
import { gunzip } from '../capture/file/gunzip.js';
import type { RecordedBytes } from './recorded-bytes.js';

export class RecordedSource {
  constructor(
    private readonly bytes: RecordedBytes,
    private readonly isPacked: boolean,
    private readonly options: { readonly onBytes?: (bytes: number) => void },
  ) {}

  get name(): string {
    return this.bytes.name;
  }

  get size(): number | null {
    return this.bytes.size;
  }

  /** As it was before it was packed. */
  unpacked(): AsyncGenerator<Buffer> {
    return this.isPacked ? gunzip(this.read()) : this.read();
  }

  close(): Promise<void> {
    return this.bytes.close();
  }

  /** As it is. */
  async *read(): AsyncGenerator<Buffer> {
    for await (const chunk of this.bytes.read()) {
      this.options.onBytes?.(chunk.length);
      yield chunk;
    }
  }
}
