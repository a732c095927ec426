// The content of a recording, unpacked where it was packed, and counted as it is read.
import type { RecordedBytes } from './recorded-bytes.js';
import { unzipped } from './unzip.js';

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

  read(): AsyncGenerator<Buffer> {
    return this.isPacked ? unzipped(this.counted()) : this.counted();
  }

  close(): Promise<void> {
    return this.bytes.close();
  }

  private async *counted(): AsyncGenerator<Buffer> {
    for await (const chunk of this.bytes.read()) {
      this.options.onBytes?.(chunk.length);
      yield chunk;
    }
  }
}
