// What is kept on disk while a proxy runs, as the options ask for it. What cannot be kept at the start is the user's to
// mend.
import { randomUUID } from 'node:crypto';
import { dirname, relative, resolve, sep } from 'node:path';
import type { PayloadStore } from '../session/payload-sink.js';
import { RecordingError } from '../session/recording-error.js';
import type { TranscriptHeader } from '../transcript/ndjson.js';
import { openPayloadFolder } from '../transcript/payload-files.js';
import { openTranscript, type TranscriptFile } from '../transcript/transcript-file.js';
import { Failure, UsageError } from './errors.js';
import { programVersion } from './program-info.js';

export interface RecordingOptions {
  /** File. */
  readonly transcript?: string;
  /** Folder. */
  readonly payloads?: string;
}

export interface Recording {
  readonly transcript: TranscriptFile | null;
  readonly payloads: PayloadStore | null;
}

/** Throws a UsageError when something cannot be written where it was asked for. */
export function openRecording({ transcript, payloads }: RecordingOptions): Recording {
  const header = headerOf(transcript, payloads);
  return orThrowAs(UsageError, () => ({
    payloads: payloads === undefined ? null : openPayloadFolder(payloads),
    transcript: transcript === undefined ? null : openTranscript(transcript, header),
  }));
}

/** Names the folder of the payloads as seen from the transcript, so that both may be moved together. */
function headerOf(transcript = '', payloads?: string): TranscriptHeader {
  const header = { version: programVersion(), at: Date.now(), run: randomUUID() };
  if (payloads === undefined) return header;
  const path = relative(dirname(resolve(transcript)), resolve(payloads));
  return { ...header, payloads: path.split(sep).join('/') || '.' };
}

/** Throws a Failure when the disk did not take everything in the end. */
export function closeRecording({ transcript }: Recording): void {
  orThrowAs(Failure, () => transcript?.close());
}

function orThrowAs<T>(Kind: typeof UsageError | typeof Failure, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw error instanceof RecordingError ? new Kind(error.message) : error;
  }
}
