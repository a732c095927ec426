// Thrown for a recording that cannot be read: one line that names the file, what is wrong with it, and what to do.
import { CaptureError } from '../capture/capture-error.js';
import { systemErrorCode, systemReason } from '../protocol/system-errors.js';
import { TranscriptError } from '../transcript/read-transcript.js';

/**
 * - unreadable: there is no such file, or it cannot be opened;
 * - unknown: it is no recording of any kind;
 * - damaged: it could not be read to its end;
 * - payload: a payload that it names is not to be had.
 */
export type RecordedFileFault = 'unreadable' | 'unknown' | 'damaged' | 'payload';

export class RecordedFileError extends Error {
  override readonly name = 'RecordedFileError';

  constructor(
    readonly fault: RecordedFileFault,
    message: string,
  ) {
    super(message);
  }
}

/** What went wrong while a recording was read, with its name; what is a fault of ours stays as it is. */
export function recordedFileError(name: string, error: unknown): unknown {
  if (error instanceof TranscriptError) return new RecordedFileError('damaged', `${name}: ${error.message}`);
  if (error instanceof CaptureError) return new RecordedFileError('damaged', `${name}: ${error.message}`);
  if (systemErrorCode(error) === null || error instanceof RecordedFileError) return error;
  return new RecordedFileError('unreadable', `cannot read ${name}: ${systemReason(error)}`);
}
