// Where the dashboard's keys come from: stdin, and where data comes from that, the terminal itself.
import { openSync } from 'node:fs';
import { ReadStream } from 'node:tty';

/** `/dev/tty` for reading; null where there is none, as in services. To be destroyed in the end. */
export function openTerminalKeys(): ReadStream | null {
  try {
    return new ReadStream(openSync('/dev/tty', 'r'));
  } catch {
    return null;
  }
}
