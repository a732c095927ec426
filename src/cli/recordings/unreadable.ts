// A recording that cannot be read, as the command line reports it.
import { RecordedFileError } from '../../recordings/recorded-file-error.js';
import { Failure, UsageError } from '../program/errors.js';

/** Throws whatever it is given: where a recording is to blame, as a mistake in the call or as a failure. */
export function rethrowUnreadable(error: unknown): never {
  if (!(error instanceof RecordedFileError)) throw error;
  throw error.fault === 'unreadable' ? new UsageError(error.message) : new Failure(error.message);
}
