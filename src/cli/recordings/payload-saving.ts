// The bytes of one transfer, into a file of the user's: from where they are kept, or out of the capture, which is read again for
// them until the transfer is over. What is there already is left alone.
import { createWriteStream } from 'node:fs';
import { type FileHandle, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { Observation } from '../../dialogue/observation.js';
import type { PayloadStore, TransferName } from '../../dialogue/payload-sink.js';
import { OWNER_ONLY, openNew } from '../../files/private-file.js';
import { systemErrorCode, systemReason } from '../../protocol/system-errors.js';
import { RecordedFileError } from '../../recordings/recorded-file-error.js';
import { NOT_KEPT } from './payload-copies.js';

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

export type CapturedTransfer = Pick<TransferName, 'session' | 'link'>;

/** Gives `take` what was recorded, and `payloads` the bytes, until `isEnough`. */
export type RereadCapture = (
  take: (observation: Observation) => void,
  isEnough: () => boolean,
  payloads: PayloadStore,
) => Promise<void>;

/** What came of it, in one line. Rejects only with faults of the program. */
export async function saveCapturedPayload(
  again: RereadCapture,
  transfer: CapturedTransfer,
  file: string,
  isOver: () => boolean,
): Promise<string> {
  let output: FileHandle;
  try {
    output = await openNew(file);
  } catch (error) {
    return cannotWrite(file, error);
  }
  const search = new Search(output, transfer);
  try {
    await again(search.take, () => search.isDone || isOver(), search.store);
    await search.settle();
  } catch (error) {
    if (!(error instanceof RecordedFileError)) throw error;
    search.missing ??= error.message;
  } finally {
    await output.close();
  }
  const isLeft = !search.isDone && isOver();
  if (search.problem === null && search.written > 0 && !isLeft) {
    return `${search.written} bytes written to ${file}${search.missing === null ? '' : `; ${search.missing}`}`;
  }
  await rm(file, { force: true });
  return search.problem === null
    ? (search.missing ?? 'its bytes are not in the capture')
    : cannotWrite(file, search.problem);
}

/** Takes what belongs to the transfer out of everything that goes by. */
class Search {
  isDone = false;
  written = 0;
  /** Why bytes are not there, in words. */
  missing: string | null = null;
  /** Why the file cannot be written. */
  problem: unknown = null;
  /** Writes are asked for many at a time, and go one behind the other. */
  private tail: Promise<void> = Promise.resolve();

  constructor(
    private readonly output: FileHandle,
    private readonly transfer: CapturedTransfer,
  ) {}

  readonly take = (observation: Observation): void => {
    if (observation.kind !== 'link-closed' || !this.isSought(observation)) return;
    this.isDone = true;
    this.missing = observation.reason;
  };

  readonly store: PayloadStore = {
    open: async (transfer) =>
      this.isSought(transfer) ? { ...NOT_KEPT, write: (chunk) => this.write(chunk) } : NOT_KEPT,
  };

  /** Resolves when everything is written that was asked for. */
  settle(): Promise<void> {
    return this.tail;
  }

  private isSought({ session, link }: CapturedTransfer): boolean {
    return session === this.transfer.session && link === this.transfer.link;
  }

  private write(chunk: Buffer): Promise<void> {
    this.tail = this.tail.then(() => this.keep(chunk));
    return this.tail;
  }

  private async keep(chunk: Buffer): Promise<void> {
    if (this.problem !== null) return;
    try {
      for (let at = 0; at < chunk.length; ) {
        const { bytesWritten } = await this.output.write(chunk, at);
        at += bytesWritten;
      }
      this.written += chunk.length;
    } catch (error) {
      if (systemErrorCode(error) === null) throw error;
      this.problem = error;
      this.isDone = true;
    }
  }
}

function cannotWrite(file: string, error: unknown): string {
  if (systemErrorCode(error) === null) throw error;
  return `cannot write ${file}: ${systemReason(error)}`;
}
