// Terminals that do not hold the program up. Node writes to a terminal synchronously: one that nobody reads (Ctrl-S, a detached
// screen, an ssh session that hangs) stops every session of the proxy with the first page that it does not take.
import { fstatSync, statSync } from 'node:fs';

/** As much of Node's handle as is used here. */
interface BlockingHandle {
  setBlocking(blocking: boolean): number;
}

/** How long a terminal may take for the last words of a program. */
const LAST_WORDS_MS = 1000;

/**
 * From now on what is written waits in memory, as with a pipe, and `writableLength` says how much. Only where the terminal was
 * opened anew for this process (libuv does so where it can): others share the file description that this makes non-blocking.
 */
export function unblock(stream: NodeJS.WriteStream & { readonly fd: 1 | 2 }): void {
  const handle = '_handle' in stream ? stream._handle : null;
  if (stream.isTTY && isBlockingHandle(handle) && isNamed(stream.fd)) handle.setBlocking(false);
}

/** Lets a program that was told to end do so, whether the terminal takes its last words or not. A pipe's reader gets them all. */
export function endWithLastWords(): void {
  const end = () => {
    if (process.stdout.isTTY || process.stdout.writableLength === 0) process.exit();
  };
  setTimeout(end, LAST_WORDS_MS).unref();
}

/** libuv finds the terminal by its name to open it anew. */
function isNamed(fd: 1 | 2): boolean {
  try {
    return statSync(`/proc/self/fd/${fd}`).rdev === fstatSync(fd).rdev;
  } catch {
    return false;
  }
}

function isBlockingHandle(handle: unknown): handle is BlockingHandle {
  return (
    typeof handle === 'object' && handle !== null && 'setBlocking' in handle && typeof handle.setBlocking === 'function'
  );
}
