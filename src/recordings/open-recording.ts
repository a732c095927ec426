// Any recording, opened for whoever shows, replays or exports it: a transcript or a capture, packed or not, from a file or a
// stream. What it is it tells by its first bytes, never by its name.
import { CaptureError } from '../capture/capture-error.js';
import { gunzip, isGzip } from '../capture/file/gunzip.js';
import { HEADER_START, OBSERVATION_START } from '../transcript/ndjson.js';
import { openRecordedBytes, RecordedSource } from './recorded-bytes.js';
import { RecordedCapture } from './recorded-capture.js';
import type { OpenRecordedOptions, RecordedFile } from './recorded-file.js';
import { RecordedFileError, recordedFileError } from './recorded-file-error.js';
import { RecordedTranscript } from './recorded-transcript.js';

/** Enough to tell what it is; more makes those wait who read a stream live. */
const START_BYTES = 16;
/** Enough for a gzip header with a file name in it, and some of what was packed. */
const GZIP_START_BYTES = 1024;

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
    const isPacked = isGzip(packed);
    const start = isPacked ? await unpackedStart(await bytes.start(GZIP_START_BYTES)) : packed;
    const source = new RecordedSource(bytes, isPacked, options);
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
async function unpackedStart(start: Buffer): Promise<Buffer> {
  async function* alone() {
    yield start;
  }
  try {
    for await (const first of gunzip(alone())) return first;
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
  }
  return Buffer.alloc(0);
}
