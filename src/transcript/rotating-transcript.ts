// A transcript in several files, one after the other: a new one when the time in its name changes, when it is big enough, or when it is old
// enough. Sessions go on from one to the next; nothing is lost in between, and nothing that is there is overwritten. Where it is asked for, it
// also goes on once a disk that was full takes lines again, behind a header that says what is missing.
import { readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Observation } from '../dialogue/observation.js';
import { RecordingError } from '../dialogue/recording-error.js';
import { systemErrorCode, systemReason } from '../protocol/system-errors.js';
import type { TranscriptHeader, Unrecorded } from './ndjson.js';
import { openTranscript, type TranscriptFile } from './transcript-file.js';
import { nameAt, nextNumber, numberedName } from './transcript-names.js';

export interface Rotation {
  /** A file that has as many bytes gets no more lines. */
  readonly maxBytes?: number;
  /** A file that was begun so long ago gets no more lines. */
  readonly maxAgeMs?: number;
}

export interface RotatingTranscriptOptions extends Rotation {
  /** May hold `%Y %m %d %H %M %S`. With a size or an age, files are numbered as well. */
  readonly pattern: string;
  /** The header of a file; each begins with one. */
  readonly header: (file: string, atMs: number) => TranscriptHeader;
  /** Milliseconds since the epoch. Default: the system's clock. */
  readonly now?: () => number;
  /**
   * Called when it goes on in `file` after a time in which it could not be written. Absent: once it could not be written it never is
   * again, so that nothing is missing in the middle.
   */
  readonly resumed?: (file: string, unrecorded: Unrecorded) => void;
}

/** Of those that were written before; nobody reads back further. */
const MAX_NAMED_FILES = 10_000;
/** Names tell seconds at most. */
const NAME_CHECK_MS = 1000;

export class RotatingTranscript {
  private readonly now: () => number;
  private current: TranscriptFile;
  private name = '';
  private begunAt = 0;
  private nameIsDueAt = 0;
  private failure: RecordingError | null = null;
  /** It cannot be written, and is tried again. */
  private unrecorded: Unrecorded | null = null;
  /** The file that is to be begun, with the name by time that it is made of: a disk that takes none is tried with the same. */
  private next: { readonly name: string; readonly file: string } | null = null;
  private readonly named = new Set<string>();

  /** @throws RecordingError when the first file cannot be opened. */
  constructor(private readonly options: RotatingTranscriptOptions) {
    this.now = options.now ?? Date.now;
    this.current = this.begin(this.now());
  }

  /** The one that is written to. */
  get file(): string {
    return this.current.file;
  }

  /** All that were written to, the newest last. */
  get files(): readonly string[] {
    return [...this.named];
  }

  /** @throws RecordingError when this observation, or without `resumed` an earlier one, could not be written. */
  write(observation: Observation): void {
    if (this.failure !== null) throw this.failure;
    const at = this.now();
    try {
      if (this.unrecorded !== null || this.isDue(at)) this.goOn(at);
      this.current.write(observation);
    } catch (error) {
      if (error instanceof RecordingError) this.failed(error, at);
      throw error;
    }
    this.tellResumed();
  }

  /** As of a single file. */
  close(): void {
    this.current.close();
  }

  private isDue(at: number): boolean {
    const { maxBytes, maxAgeMs } = this.options;
    if (maxBytes !== undefined && this.current.bytes >= maxBytes) return true;
    if (maxAgeMs !== undefined && at - this.begunAt >= maxAgeMs) return true;
    if (at >= this.begunAt && at < this.nameIsDueAt) return false;
    this.nameIsDueAt = nextCheck(at);
    if (this.current.isRemoved) this.wasRemoved(at);
    return this.unrecorded !== null || nameAt(this.options.pattern, at) !== this.name;
  }

  private goOn(at: number): void {
    this.current.close();
    this.current = this.begin(at);
  }

  /** Unless what is missing in between is reported, nothing more is written: it would never be noticed. */
  private failed(error: RecordingError, at: number): void {
    if (this.options.resumed === undefined) {
      this.failure = error;
      return;
    }
    const { from, observations } = this.unrecorded ?? { from: at, observations: 0 };
    this.unrecorded = { from, observations: observations + 1, reason: error.message };
  }

  private wasRemoved(at: number): void {
    const { file } = this.current;
    const reason = `transcript ${file} was removed, and what was in it`;
    if (this.options.resumed === undefined) throw new RecordingError(reason, file, 'ENOENT');
    this.unrecorded = { from: at, observations: 0, reason };
  }

  private tellResumed(): void {
    const { unrecorded } = this;
    if (unrecorded === null) return;
    this.unrecorded = null;
    this.options.resumed?.(this.current.file, unrecorded);
  }

  private begin(at: number): TranscriptFile {
    const { pattern, header, maxBytes, maxAgeMs } = this.options;
    const name = nameAt(pattern, at);
    const isNumbered = maxBytes !== undefined || maxAgeMs !== undefined;
    if (this.next?.name !== name) this.next = { name, file: isNumbered ? unusedName(name) : name };
    const { file } = this.next;
    const unrecorded = this.unrecorded === null ? {} : { unrecorded: this.unrecorded };
    const opened = openTranscript(file, { ...header(file, at), ...unrecorded });
    this.next = null;
    this.name = name;
    this.begunAt = at;
    this.nameIsDueAt = nextCheck(at);
    this.named.add(file);
    const [oldest] = this.named;
    if (oldest !== undefined && this.named.size > MAX_NAMED_FILES) this.named.delete(oldest);
    return opened;
  }
}

function nextCheck(at: number): number {
  return (Math.floor(at / NAME_CHECK_MS) + 1) * NAME_CHECK_MS;
}

function unusedName(file: string): string {
  try {
    const folder = dirname(file);
    return numberedName(file, nextNumber(basename(file), readdirSync(folder)));
  } catch (error) {
    throw new RecordingError(`cannot open transcript ${file}: ${systemReason(error)}`, file, systemErrorCode(error));
  }
}
