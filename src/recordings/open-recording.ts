// Any recording, opened for whoever shows, replays or exports it: a transcript or a capture, packed or not, from a file or a
// stream. What it is it tells by its first bytes, never by its name.
import { CaptureError } from '../capture/capture-error.js';
import { type Packing, packingOf, unpack } from '../capture/file/unpack.js';
import { HEADER_START, OBSERVATION_START } from '../transcript/ndjson.js';
import { openRecordedBytes, RecordedSource } from './recorded-bytes.js';
import { RecordedCapture } from './recorded-capture.js';
import type { OpenRecordedOptions, RecordedFile } from './recorded-file.js';
import { RecordedFileError, recordedFileError } from './recorded-file-error.js';
import { RecordedTranscript } from './recorded-transcript.js';

/** Enough to tell what it is; more makes those wait who read a stream live. */
const START_BYTES = 16;
/** Enough for a gzip header with a file name in it, and some of what was packed; of zstd for a whole block. */
const PACKED_START_BYTES: Readonly<Record<Packing, number>> = { gzip: 1024, zstd: 160 * 1024 };

/**
 * Opens a recording; `-` is stdin.
 *
 * @throws RecordedFileError (rejects) when it cannot be opened, is empty, or is a folder.
 */
export async function openRecorded(path: string, options: OpenRecordedOptions = {}): Promise<RecordedFile> {
  const bytes = await openRecordedBytes(path, options.rereadable ?? false, options.stdin ?? process.stdin);
  try {
    const packed = await bytes.start(START_BYTES);
    if (packed.length === 0) throw new RecordedFileError('unknown', `${bytes.name} is empty: there is nothing to read`);
    const packing = packingOf(packed);
    const start =
      packing === null ? packed : await unpackedStart(await bytes.start(PACKED_START_BYTES[packing]), packing);
    const source = new RecordedSource(bytes, packing, options);
    return isTranscript(start) ? new RecordedTranscript(path, source, options) : new RecordedCapture([source], options);
  } catch (error) {
    await bytes.close();
    throw recordedFileError(bytes.name, error);
  }
}

/** What `--json` prints is one, too, although it has no header. */
function isTranscript(start: Buffer): boolean {
  const text = start.toString('latin1');
  return text.startsWith(HEADER_START) || text.startsWith(OBSERVATION_START);
}

/** The first bytes of what was packed; none when they cannot be unpacked. */
async function unpackedStart(start: Buffer, packing: Packing): Promise<Buffer> {
  async function* alone() {
    yield start;
  }
  try {
    for await (const first of unpack(alone(), packing)) return first;
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
  }
  return Buffer.alloc(0);
}
