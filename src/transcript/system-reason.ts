// What the operating system said, in its plain words, without Node's codes and stacks. Knows nothing of FTP.
import { getSystemErrorMap } from 'node:util';

/** Why a system call failed, in words (`no space left on device`); for any other error its message's first line. */
export function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const errno = 'errno' in error && typeof error.errno === 'number' ? error.errno : null;
  const words = errno === null ? undefined : getSystemErrorMap().get(errno)?.[1];
  return words ?? error.message.split('\n', 1)[0] ?? '';
}

/** The system's short name for what failed (`ENOSPC`), or null when the system had no part in it. */
export function systemErrorCode(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}
