// A transcript on disk: NDJSON, a header line first. Every line is with the operating system before `write` returns, so
// that no traffic goes by that could not be written down.
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import type { Observation } from '../dialogue/observation.js';
import { RecordingError } from '../dialogue/recording-error.js';
import { makePrivate, openToAppend } from '../files/private-file.js';
import { systemErrorCode, systemReason } from '../protocol/system-errors.js';
import { HEADER_START, type ObservationLines, observationLines, type TranscriptHeader } from './ndjson.js';

/**
 * Opens a transcript for writing and writes its header line. A new file gets mode 0600. A transcript that exists is
 * appended to, behind a header of its own, and its mode is tightened to 0600; a file that is something else, a link or another user's
 * is left alone. Devices and pipes are written to as they are.
 *
 * @throws RecordingError when it cannot be opened, cannot be made private, is no transcript, or takes no header.
 */
export function openTranscript(file: string, header: TranscriptHeader): TranscriptFile {
  const descriptor = attempt(file, () => openToAppend(file));
  try {
    attempt(file, () => prepare(file, descriptor));
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  return new TranscriptFile(file, descriptor, header, fstatSync(descriptor).size);
}

export class TranscriptFile {
  private readonly lines: ObservationLines = observationLines({ write: (line) => this.put(line) });
  private written = 0;
  private failure: RecordingError | null = null;
  private closed = false;

  /** Takes over the descriptor, and closes it when the header cannot be written. */
  constructor(
    readonly file: string,
    private readonly descriptor: number,
    header: TranscriptHeader,
    private readonly bytesBefore = 0,
  ) {
    try {
      this.orThrow(() => this.lines.header(header));
    } catch (error) {
      this.releaseDescriptor();
      throw error;
    }
  }

  /** How long the file is by now. */
  get bytes(): number {
    return this.bytesBefore + this.written;
  }

  /** Somebody has removed it: what is written to it nobody can read. Pipes and devices have names of their own. */
  get isRemoved(): boolean {
    const stats = fstatSync(this.descriptor);
    return stats.isFile() && stats.nlink === 0;
  }

  /** @throws RecordingError when this or an earlier observation could not be written. */
  write(observation: Observation): void {
    // Readers derive them again, by rules that may be better by then.
    if (observation.kind === 'finding') return;
    this.orThrow(() => this.lines.observation(observation));
  }

  /**
   * Closes the file, with everything on the disk. Throws a RecordingError when the disk, in the end, did not take what
   * the system had accepted; what failed earlier has been thrown before.
   */
  close(): void {
    if (this.failure === null) this.orThrow(() => this.releaseDescriptor());
    else this.releaseDescriptor();
  }

  private put(line: string): void {
    const bytes = Buffer.from(line);
    let done = 0;
    try {
      while (done < bytes.length) done += writeSync(this.descriptor, bytes, done);
      this.written += bytes.length;
    } catch (error) {
      this.takeBack(done);
      this.fail(error);
    }
  }

  /** The part of a line that the disk still took is no line. Only what is surely ours is cut off. */
  private takeBack(bytes: number): void {
    try {
      const stats = fstatSync(this.descriptor);
      if (bytes > 0 && stats.isFile() && stats.size === this.bytes + bytes) ftruncateSync(this.descriptor, this.bytes);
    } catch {
      // Readers know half a line when they meet one.
    }
  }

  private releaseDescriptor(): void {
    if (this.closed) return;
    this.closed = true;
    try {
      fsyncSync(this.descriptor);
    } catch (error) {
      // Pipes and devices have no disk to wait for.
      if (systemErrorCode(error) !== 'EINVAL') this.fail(error);
    }
    try {
      closeSync(this.descriptor);
    } catch (error) {
      this.fail(error);
    }
  }

  private orThrow(write: () => void): void {
    if (this.failure === null) write();
    if (this.failure !== null) throw this.failure;
  }

  private fail(error: unknown): void {
    const message = `cannot write transcript ${this.file}: ${systemReason(error)}`;
    this.failure ??= new RecordingError(message, this.file, systemErrorCode(error));
  }
}

function attempt<T>(file: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof RecordingError) throw error;
    throw new RecordingError(`cannot open transcript ${file}: ${systemReason(error)}`, file, systemErrorCode(error));
  }
}

/** Makes an existing file ready to be appended to. A device or pipe has no past, and its mode is not ours to change. */
function prepare(file: string, descriptor: number): void {
  const stats = fstatSync(descriptor);
  if (!stats.isFile()) return;
  if (stats.size > 0) requireTranscript(file);
  makePrivate(descriptor);
  // A crash or a full disk may have left half a line; the header must not become part of it.
  if (stats.size > 0 && !endsWithLineEnd(file, stats.size)) writeSync(descriptor, '\n');
}

function requireTranscript(file: string): void {
  if (bytesAt(file, 0, HEADER_START.length) === HEADER_START) return;
  throw new RecordingError(`${file} exists and is not a transcript of ftpscope: choose another file`, file);
}

function endsWithLineEnd(file: string, size: number): boolean {
  return bytesAt(file, size - 1, 1) === '\n';
}

function bytesAt(file: string, position: number, length: number): string {
  const reader = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(length);
    return bytes.toString('latin1', 0, readSync(reader, bytes, 0, length, position));
  } finally {
    closeSync(reader);
  }
}
