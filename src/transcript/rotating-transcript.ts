// A transcript in several files, one after the other: a new one when the time in its name changes, when it is big enough, or when it is old
// enough. Sessions go on from one to the next; nothing is lost in between, and nothing that is there is overwritten.
import { readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Observation } from '../dialogue/observation.js';
import { RecordingError } from '../dialogue/recording-error.js';
import { systemErrorCode, systemReason } from '../protocol/system-errors.js';
import type { TranscriptHeader } from './ndjson.js';
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

  /** @throws RecordingError when this or an earlier observation could not be written. */
  write(observation: Observation): void {
    if (this.failure !== null) throw this.failure;
    const at = this.now();
    if (this.isDue(at)) this.goOn(at);
    this.current.write(observation);
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
    return nameAt(this.options.pattern, at) !== this.name;
  }

  /** Once a file could not be begun, nothing more is written: what is missing in between would never be noticed. */
  private goOn(at: number): void {
    try {
      this.current.close();
      this.current = this.begin(at);
    } catch (error) {
      if (error instanceof RecordingError) this.failure = error;
      throw error;
    }
  }

  private begin(at: number): TranscriptFile {
    const { pattern, header, maxBytes, maxAgeMs } = this.options;
    this.name = nameAt(pattern, at);
    this.begunAt = at;
    this.nameIsDueAt = nextCheck(at);
    const isNumbered = maxBytes !== undefined || maxAgeMs !== undefined;
    const file = isNumbered ? unusedName(this.name) : this.name;
    const opened = openTranscript(file, header(file, at));
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
