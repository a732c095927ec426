// A transcript's bytes back to the observations that were written down. Knows nothing of files: it takes bytes from anywhere,
// and asks of every line whether it is what it says.
import { OBSERVATION_VERSION, type Observation } from '../dialogue/observation.js';
import { escapeForTerminal } from '../protocol/wire-text.js';
import { HEADER_START, OBSERVATION_START, type TranscriptHeader, type Unrecorded } from './ndjson.js';
import { isObservationKind, isObservationOf, isSessionNumber } from './observation-shapes.js';
import { withCause } from './older-lines.js';
import { SessionNumbers } from './session-numbers.js';
import { TranscriptLines } from './transcript-lines.js';

/** Longer than any line that a proxy with default bounds writes, several times over. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;

/** Of the file's own words in what is said of it. */
const MAX_KIND_CHARACTERS = 40;

export interface ReadTranscriptOptions {
  /** Kinds that are wanted; all others are skipped, which is much faster. Default: all. */
  readonly kinds?: ReadonlySet<Observation['kind']>;
  /** Shared by files that are read as one, so that their sessions' numbers do not collide. */
  readonly numbers?: SessionNumbers;
  /** The one run that is wanted, its sessions with the numbers that they had; all others are skipped. Default: every run. */
  readonly run?: string;
  /** Told of each header: the first line, and one more for each run that was appended. */
  readonly onHeader?: (header: TranscriptHeader) => void;
  /** Told when the last line was cut in the middle, beside the notice that says so. */
  readonly onCut?: () => void;
  /** Told what is amiss and did not stop the reading, in one line. */
  readonly notice?: (line: string) => void;
}

/** What was read is no transcript, or not from here on: says in one line where and what (the fault), and what to do (the advice). */
export class TranscriptError extends Error {
  override readonly name = 'TranscriptError';

  constructor(
    readonly fault: string,
    advice: string,
  ) {
    super(`${fault}: ${advice}`);
  }
}

/**
 * The observations of a transcript, in its order, in batches. The sessions of the first run have the numbers that they
 * had; those of runs that were appended go on behind them. The header may be missing, as `--json` prints none. A last line that was cut in the middle is told of by `notice`.
 *
 * @throws TranscriptError after everything that stands before the fault has been given.
 */
export async function* readTranscript(
  file: AsyncIterable<Buffer>,
  options: ReadTranscriptOptions = {},
): AsyncGenerator<readonly Observation[]> {
  const lines = new TranscriptLines();
  const reader = new LineReader(options);
  for await (const chunk of file) {
    const batch = reader.take(lines.take(chunk));
    if (batch.length > 0) yield batch;
    if (lines.unfinishedBytes > MAX_LINE_BYTES) reader.endAtOverlongLine();
    reader.throwFailure();
  }
  const batch = reader.end(lines.rest());
  if (batch.length > 0) yield batch;
  reader.throwFailure();
}

type UncheckedHeader = { readonly [Field in keyof TranscriptHeader | 'ftpscope']?: unknown };

type UncheckedGap = { readonly [Field in keyof Unrecorded]?: unknown };

/** Takes lines, one after the other, and remembers where it stands. */
class LineReader {
  private readonly numbers: SessionNumbers;
  private lineNumber = 0;
  private failure: TranscriptError | null = null;
  /** A damaged line: forgiven when a header follows, as then a run was cut off there and another one appended. */
  private damage: { readonly line: number; readonly error: TranscriptError } | null = null;
  private hasToldUnknownKind = false;
  /** What stands here is of a run that is wanted. */
  private isWanted: boolean;

  constructor(private readonly options: ReadTranscriptOptions) {
    this.numbers = options.numbers ?? new SessionNumbers();
    this.numbers.enter(null);
    this.isWanted = options.run === undefined;
  }

  take(lines: readonly string[]): readonly Observation[] {
    const batch: Observation[] = [];
    for (const line of lines) {
      if (this.failure !== null) break;
      const observation = this.line(line);
      if (observation !== null) batch.push(observation);
    }
    return batch;
  }

  /** The last line, whose end is missing; empty when it is there. */
  end(rest: string): readonly Observation[] {
    const batch = this.take(rest === '' ? [] : [rest]);
    if (this.failure !== null) return batch;
    if (this.lineNumber === 0) this.failure = new TranscriptError('it is empty', 'there is nothing to read');
    else if (this.lineNumber === 1 && this.damage !== null) this.failure = this.damage.error;
    else if (rest !== '' && this.damage?.line === this.lineNumber) this.endCut();
    else if (this.damage !== null) this.failure = this.damage.error;
    return batch;
  }

  endAtOverlongLine(): void {
    const limit = `${MAX_LINE_BYTES / 1024 / 1024} MiB`;
    this.failure ??= damageError(this.lineNumber + 1, `longer than ${limit}`);
  }

  throwFailure(): void {
    if (this.failure !== null) throw this.failure;
  }

  private line(line: string): Observation | null {
    this.lineNumber += 1;
    if (line.startsWith(HEADER_START)) return this.header(line);
    if (this.lineNumber === 1 && !line.startsWith(OBSERVATION_START)) this.failure = NOT_A_TRANSCRIPT;
    else if (this.damage !== null) this.failure = this.damage.error;
    else if (line !== '' && this.isWanted) return this.observation(line);
    return null;
  }

  private header(line: string): null {
    const header = parsed(line);
    if (header === null) return this.damaged('a header that is not whole');
    const { ftpscope, version, at, run, payloads, unrecorded }: UncheckedHeader = header;
    if (ftpscope !== OBSERVATION_VERSION) {
      this.failure = otherVersion(this.lineNumber, ftpscope, version);
      return null;
    }
    if (this.damage !== null) this.noticeCut(this.damage.line);
    this.damage = null;
    this.isWanted = this.options.run === undefined || this.options.run === run;
    if (this.isWanted) this.numbers.enter(typeof run === 'string' ? run : null);
    if (this.isWanted && isObject(unrecorded)) this.noticeUnrecorded(unrecorded, Number(at));
    this.options.onHeader?.({
      version: String(version),
      at: Number(at),
      ...(typeof run === 'string' ? { run } : {}),
      ...(typeof payloads === 'string' ? { payloads } : {}),
    });
    return null;
  }

  private observation(line: string): Observation | null {
    const kind = kindAtStart(line);
    if (kind !== null && this.isSkipped(kind, line)) return null;
    const value = parsed(line);
    if (value === null) return this.damaged('not whole');
    const named = kind ?? kindOf(value);
    if (named === null) return this.damaged('no observation');
    if (!isObservationKind(named)) return this.unknown(named);
    withCause(named, value);
    if (!isObservationOf(named, value)) return this.damaged(`no whole observation of the kind ${named}`);
    if (this.options.kinds?.has(named) === false) return null;
    const number = this.numbers.of(value.session);
    // The object is nobody else's yet, and a copy would cost as much as parsing did.
    return number === value.session ? value : Object.assign(value, { session: number });
  }

  /** Skips without parsing, but for the session's number: that is the same whatever is skipped. */
  private isSkipped(kind: string, line: string): boolean {
    const { kinds } = this.options;
    if (kinds === undefined || !isObservationKind(kind) || kinds.has(kind)) return false;
    const session = sessionBehindKind(kind, line);
    if (!isSessionNumber(session) || !line.endsWith('}')) return false;
    this.numbers.of(session);
    return true;
  }

  /** Lines are anyone's: what is quoted of them must not steer a terminal. */
  private notice(line: string): void {
    this.options.notice?.(escapeForTerminal(line));
  }

  private unknown(kind: string): null {
    if (!this.hasToldUnknownKind) {
      const what = `line ${this.lineNumber} is an observation of a kind unknown here`;
      this.notice(`${what}, ${kind.slice(0, MAX_KIND_CHARACTERS)}: such lines are skipped`);
    }
    this.hasToldUnknownKind = true;
    return null;
  }

  private damaged(what: string): null {
    this.damage = { line: this.lineNumber, error: damageError(this.lineNumber, what) };
    return null;
  }

  private noticeUnrecorded({ from, observations, reason }: UncheckedGap, until: number): void {
    const seconds = Math.max(0, Math.round((until - Number(from)) / 1000));
    const what = `line ${this.lineNumber}: nothing was recorded for ${seconds} s before it`;
    this.notice(`${what}, ${Number(observations)} observations are missing: ${String(reason)}`);
  }

  private endCut(): void {
    this.noticeCut(this.lineNumber);
    this.options.onCut?.();
  }

  private noticeCut(line: number): void {
    this.notice(`line ${line} ends in the middle: its writer was cut off there`);
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Null for what is no JSON object. */
function parsed(line: string): object | null {
  // Wherever bytes were no UTF-8; the writer spells the character itself otherwise.
  if (line.includes('\ufffd')) return null;
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** The kind, where the line begins as pino writes it; null when it does not, and has to be parsed first. */
function kindAtStart(line: string): string | null {
  if (!line.startsWith(OBSERVATION_START)) return null;
  const end = line.indexOf('"', OBSERVATION_START.length);
  return end < 0 ? null : line.slice(OBSERVATION_START.length, end);
}

const SESSION_BEHIND_KIND = /","session":(\d{1,10}),/y;

function sessionBehindKind(kind: string, line: string): number {
  SESSION_BEHIND_KIND.lastIndex = OBSERVATION_START.length + kind.length;
  return Number(SESSION_BEHIND_KIND.exec(line)?.[1]);
}

function kindOf(value: object): string | null {
  return 'kind' in value && typeof value.kind === 'string' ? value.kind : null;
}

const NOT_A_TRANSCRIPT = new TranscriptError(
  'line 1 is no header of a transcript',
  'give a file that was written by ftpscope -w',
);

function damageError(line: number, what: string): TranscriptError {
  return new TranscriptError(
    `line ${line} is ${what}`,
    'what stands before it was read; remove the line to read the rest',
  );
}

function otherVersion(line: number, version: unknown, program: unknown): TranscriptError {
  const theirs = `line ${line} begins a transcript of version ${JSON.stringify(version)}`;
  const writer = typeof program === 'string' ? ` (written by ftpscope ${program.slice(0, MAX_KIND_CHARACTERS)})` : '';
  return new TranscriptError(
    `${theirs}${writer}, and this ftpscope reads version ${OBSERVATION_VERSION}`,
    'use a newer one',
  );
}
