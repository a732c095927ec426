// What is kept on disk while sessions go by, and the options that ask for it. What cannot be kept at the start is the user's to
// mend.
import { randomUUID } from 'node:crypto';
import { dirname, relative, resolve, sep } from 'node:path';
import type { Command } from 'commander';
import type { PayloadStore } from '../../dialogue/payload-sink.js';
import { RecordingError } from '../../dialogue/recording-error.js';
import type { TranscriptHeader } from '../../transcript/ndjson.js';
import { openPayloadFolder } from '../../transcript/payload-files.js';
import {
  RotatingTranscript,
  type RotatingTranscriptOptions,
  type Rotation,
} from '../../transcript/rotating-transcript.js';
import { appended, option, parsed } from '../options/options.js';
import { parseRotation, parseTranscriptName } from '../options/recording-values.js';
import { parsePath } from '../options/values.js';
import { Failure, UsageError } from '../program/errors.js';
import { programVersion } from '../program/program-info.js';

export interface RecordingOptions {
  /** File; may hold the time (`transcript-names.ts`). */
  readonly transcript?: string;
  readonly rotate?: readonly Rotation[];
  /** Folder. */
  readonly payloads?: string;
}

export interface RecordingOutput {
  readonly transcript: RotatingTranscript | null;
  readonly payloads: PayloadStore | null;
  /** What the headers of the transcript name it. */
  readonly run: string;
}

export function addRecordingOptions(command: Command, what: string): void {
  command
    .addOption(
      option(
        '-w, --transcript <file>',
        `write ${what} to a file, or append; %Y %m %d %H %M %S in its name are the time`,
      ).argParser(parsed(parseTranscriptName)),
    )
    .addOption(
      option(
        '--rotate <size|time>',
        'begin a new file, numbered, after so much (100M) or so long (1h); may be given twice',
      ).argParser(appended(parseRotation)),
    )
    .addOption(option('--payloads <dir>', 'save the transferred files in a folder').argParser(parsed(parsePath)));
}

/**
 * Throws a UsageError when something cannot be written where it was asked for, and a Failure when the disk is full. With `resumed` the
 * transcript goes on after it could not be written for a time, and that is told.
 */
export function openRecording(
  { transcript, rotate, payloads }: RecordingOptions,
  resumed?: RotatingTranscriptOptions['resumed'],
): RecordingOutput {
  if (transcript === undefined && rotate !== undefined)
    throw new UsageError('--rotate is for the files of -w: give -w FILE');
  const own = transcriptHeader();
  return orThrowAs(UsageError, () => ({
    payloads: payloads === undefined ? null : openPayloadFolder(payloads),
    transcript:
      transcript === undefined
        ? null
        : rotating(transcript, Object.assign({}, ...(rotate ?? []), resumed && { resumed }), payloads, own),
    run: own.run,
  }));
}

function rotating(
  pattern: string,
  rotation: Pick<RotatingTranscriptOptions, 'maxBytes' | 'maxAgeMs' | 'resumed'>,
  payloads: string | undefined,
  own: TranscriptHeader,
): RotatingTranscript {
  const header = (file: string, at: number) => ({ ...own, at, ...keptBeside(file, payloads) });
  return new RotatingTranscript({ ...rotation, pattern, header });
}

/** The first line of what this program writes from now on, where no payloads are kept. */
export function transcriptHeader(): TranscriptHeader & { readonly run: string } {
  return { version: programVersion(), at: Date.now(), run: randomUUID() };
}

/** The folder of the payloads as seen from the transcript, so that both may be moved together. */
export function keptBeside(transcript: string, payloads: string | undefined): Pick<TranscriptHeader, 'payloads'> {
  if (payloads === undefined) return {};
  const path = relative(dirname(resolve(transcript)), resolve(payloads));
  return { payloads: path.split(sep).join('/') || '.' };
}

/** Throws a Failure when the disk did not take everything in the end. */
export function closeRecording({ transcript }: Pick<RecordingOutput, 'transcript'>): void {
  orThrowAs(Failure, () => transcript?.close());
}

const FULL: ReadonlySet<string | null> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

function orThrowAs<T>(Kind: typeof UsageError | typeof Failure, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error;
    const message = `${error.message}${adviceOn(error)}`;
    // A full disk is no mistake on the command line, and a supervisor may try again.
    throw FULL.has(error.code) ? new Failure(message) : new Kind(message);
  }
}

/** What to do, where the fault leaves no doubt. */
function adviceOn({ code, place }: RecordingError): string {
  if (code === 'EISDIR') return `; name a file in it, such as ${place}${sep}session.ndjson`;
  return code === 'ENOENT' ? '; make its folder first' : '';
}
