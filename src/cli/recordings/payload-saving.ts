// The bytes of one transfer, from where they are kept into a file of the user's. What is there already is left alone.
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { systemErrorCode, systemReason } from '../../protocol/system-errors.js';
import { RecordedFileError } from '../../recordings/recorded-file-error.js';
import { OWNER_ONLY } from '../../transcript/private-file.js';

/** Finds the bytes that a `link-closed` observation names. Throws a RecordedFileError when there are none. */
export type Payloads = (name: string) => AsyncIterable<Buffer>;

/** What came of it, in one line. Rejects only with faults of the program. */
export async function savePayload(payloads: Payloads, name: string, file: string): Promise<string> {
  try {
    const bytes = payloads(name);
    const output = createWriteStream(file, { flags: 'wx', mode: OWNER_ONLY });
    await pipeline(bytes, output);
    return `${output.bytesWritten} bytes written to ${file}`;
  } catch (error) {
    if (error instanceof RecordedFileError) return error.message;
    if (systemErrorCode(error) === null) throw error;
    return `cannot write ${file}: ${systemReason(error)}`;
  }
}
