// Payloads as files in one folder, each with its sha256. Knows neither sockets nor where the bytes come from.
//
// Another thread makes each file, as a disk may take its time for that. Small ones are then written and closed at once, as the lines of a
// transcript are: to have it done elsewhere costs more than to do it. What is big is written by other threads.
import { createHash } from 'node:crypto';
import { accessSync, close, closeSync, constants, existsSync, mkdirSync, statSync, write, writeSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { KeptPayload, PayloadSink, PayloadStore, TransferName } from '../dialogue/payload-sink.js';
import { RecordingError } from '../dialogue/recording-error.js';
import { OWNER_ONLY_FOLDER, openNewDescriptor, requireOwnFolder } from '../files/private-file.js';
import { systemErrorCode, systemReason } from '../protocol/system-errors.js';
import { payloadFileName } from './payload-names.js';

/** So many bytes of a payload are written at once. */
const SMALL_BYTES = 64 * 1024;

/**
 * Makes the folder (mode 0700) where it is missing.
 *
 * @throws RecordingError when there is no such folder to be had, or nothing can be written into it.
 */
export function openPayloadFolder(folder: string): PayloadStore {
  try {
    makeFolder(folder);
    requireOwnFolder(folder);
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const reason =
      systemErrorCode(error) === 'EEXIST' ? 'it is not a folder, choose another place' : systemReason(error);
    throw new RecordingError(`cannot keep payloads in ${folder}: ${reason}`, folder, systemErrorCode(error));
  }
  return new PayloadFolder(folder);
}

/** With `recursive` alone, Node goes round in circles where a folder exists that takes no others (below /proc, say). */
function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  const parentIsThere = existsSync(dirname(resolve(folder)));
  mkdirSync(folder, { recursive: !parentIsThere, mode: OWNER_ONLY_FOLDER });
}

class PayloadFolder implements PayloadStore {
  /** Session numbers start again with each run, so an earlier run may have left files of the same names. */
  private run = 1;

  constructor(private readonly folder: string) {}

  async open(transfer: TransferName): Promise<PayloadSink> {
    for (;;) {
      const run = this.run;
      const name = payloadFileName(transfer, run);
      const descriptor = await this.create(name);
      if (descriptor !== null) return new PayloadFile(join(this.folder, name), name, descriptor);
      this.run = Math.max(this.run, run + 1);
    }
  }

  /** Null when there is a file of that name already. Never opens one that exists, through no link either. */
  private async create(name: string): Promise<number | null> {
    const path = join(this.folder, name);
    try {
      return await openNewDescriptor(path);
    } catch (error) {
      if (systemErrorCode(error) === 'EEXIST') return null;
      throw unkept(path, error);
    }
  }
}

class PayloadFile implements PayloadSink {
  private readonly hash = createHash('sha256');
  /** Writes go one behind the other; once one has failed, all that follow fail with it. */
  private tail: Promise<void> = Promise.resolve();
  private whole: KeptPayload | null = null;
  private accepted = 0;
  private isOpen = true;

  constructor(
    private readonly path: string,
    private readonly name: string,
    private readonly descriptor: number,
  ) {}

  /** Of all that was accepted, which the file has once its writes are through. */
  get soFar(): KeptPayload {
    return this.whole ?? { file: this.name, sha256: this.hash.copy().digest('hex') };
  }

  write(chunk: Buffer): Promise<void> {
    if (this.whole !== null) return Promise.reject(new Error(`payload ${this.name} has been ended`));
    this.hash.update(chunk);
    this.accepted += chunk.length;
    this.tail = this.tail.then(() => this.keep(chunk));
    return this.tail;
  }

  /** What comes after it is not accepted. */
  async finish(): Promise<KeptPayload> {
    const whole = this.whole ?? { file: this.name, sha256: this.hash.digest('hex') };
    this.whole = whole;
    try {
      await this.tail;
    } finally {
      await this.close();
    }
    return whole;
  }

  private get isSmall(): boolean {
    return this.accepted <= SMALL_BYTES;
  }

  private async keep(chunk: Buffer): Promise<void> {
    let from = 0;
    try {
      while (from < chunk.length) {
        from += this.isSmall
          ? writeSync(this.descriptor, chunk, from)
          : await writtenElsewhere(this.descriptor, chunk, from);
      }
    } catch (error) {
      // Who hears of it may never finish what has failed.
      await this.close().catch(() => {});
      throw unkept(this.path, error);
    }
  }

  private async close(): Promise<void> {
    if (!this.isOpen) return;
    this.isOpen = false;
    try {
      if (this.isSmall) closeSync(this.descriptor);
      else await closedElsewhere(this.descriptor);
    } catch (error) {
      throw unkept(this.path, error);
    }
  }
}

/** By another thread; how many bytes it were. */
function writtenElsewhere(descriptor: number, chunk: Buffer, from: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(descriptor, chunk, from, (error, bytes) => (error === null ? resolve(bytes) : reject(error)));
  });
}

function closedElsewhere(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => {
    close(descriptor, (error) => (error ? reject(error) : resolve()));
  });
}

function unkept(path: string, error: unknown): RecordingError {
  return new RecordingError(
    `cannot keep payload in ${path}: ${systemReason(error)}`,
    dirname(path),
    systemErrorCode(error),
  );
}
