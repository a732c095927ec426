// What the operating system said, in its plain words, without Node's codes and stacks. Every floor that meets the system
// speaks of it with these words, so that the same fault reads the same everywhere.
import { getSystemErrorMap } from 'node:util';

/** Where the system's own words say little to a user of FTP. */
const CLEARER: ReadonlyMap<string, string> = new Map([
  ['ENOTFOUND', 'host name not found'],
  ['EAI_AGAIN', 'host name lookup failed'],
  ['ETIMEDOUT', 'timed out'],
  ['EISDIR', 'it is a folder'],
]);

/** Why a system call failed, in words (`no space left on device`); for any other error its message's first line. */
export function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // A host name with several addresses, none of which could be reached.
  if (error instanceof AggregateError && error.errors.length > 0) return reasonsOf(error);
  const clearer = CLEARER.get(systemErrorCode(error) ?? '');
  if (clearer !== undefined) return clearer;
  const errno = 'errno' in error && typeof error.errno === 'number' ? error.errno : null;
  const words = errno === null ? undefined : getSystemErrorMap().get(errno)?.[1];
  return words ?? error.message.split('\n', 1)[0] ?? '';
}

function reasonsOf({ errors }: AggregateError): string {
  return [...new Set(errors.map(systemReason))].join(', ');
}

/** The system's short name for what failed (`ENOSPC`), or null when the system had no part in it. */
export function systemErrorCode(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}
