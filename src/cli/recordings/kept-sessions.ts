// Sessions that the dashboard keeps, as a recording, and what can be done with it: written as a transcript or as packets, replayed to
// their server. Each gives what came of it in words.
import { statSync } from 'node:fs';
import type { Observation } from '../../dialogue/observation.js';
import { RecordingError } from '../../dialogue/recording-error.js';
import type { FtpEndpoint } from '../../protocol/server-name.js';
import type { RecordedFile } from '../../recordings/recorded-file.js';
import { RecordedFileError } from '../../recordings/recorded-file-error.js';
import { PasswordMasked, ReplayError } from '../../replay/replay-error.js';
import { openTranscript } from '../../transcript/transcript-file.js';
import { formatCount } from '../../words/quantities.js';
import { Failure, UsageError } from '../program/errors.js';
import { openExportTarget, writePackets } from './packet-export.js';
import type { Payloads } from './payload-saving.js';
import { keptBeside, transcriptHeader } from './recording-output.js';
import { replayAsClient } from './replay-as-client.js';

export class KeptRecording implements RecordedFile {
  readonly kind = 'transcript';
  readonly name = 'the dashboard';
  readonly size = null;
  readonly endsEarly = false;

  constructor(
    readonly kept: readonly Observation[],
    private readonly payloads: Payloads | undefined,
  ) {}

  async *observations(): AsyncGenerator<readonly Observation[]> {
    yield this.kept;
  }

  payload(name: string): AsyncIterable<Buffer> {
    if (this.payloads === undefined) {
      throw new RecordedFileError('payload', 'the bytes of transfers were not kept: see --payloads');
    }
    return this.payloads(name);
  }

  async close(): Promise<void> {}
}

/** `payloads` is the folder of the bytes that were kept. Throws only faults of the program. */
export function writeTranscript(
  observations: readonly Observation[],
  file: string,
  payloads: string | undefined,
): string {
  try {
    refuseWhatIsThere(file);
    const transcript = openTranscript(file, { ...transcriptHeader(), ...keptBeside(file, payloads) });
    for (const observation of observations) transcript.write(observation);
    transcript.close();
    return `${sessionsIn(observations)} written to ${file}`;
  } catch (error) {
    return told(error);
  }
}

/** Rejects only with faults of the program. */
export async function writeCapture(recording: KeptRecording, file: string): Promise<string> {
  const warnings: string[] = [];
  try {
    refuseWhatIsThere(file);
    const target = await openExportTarget(file, { force: false, mustNotBe: [file] });
    await writePackets(recording, { vantage: 'end-to-end' }, target, { warn: (line) => void warnings.push(line) });
    return [`${sessionsIn(recording.kept)} written to ${file}`, ...warnings].join('; ');
  } catch (error) {
    return told(error);
  }
}

/** Nothing that may change the server is sent. The report's lines; `stop` resolves when nobody waits for it any more. */
export async function replayed(
  recording: KeptRecording,
  server: FtpEndpoint,
  password: string | null,
  stop: Promise<void>,
): Promise<readonly string[]> {
  const lines: string[] = [];
  const print = (text: string) => void lines.push(...text.trimEnd().split('\n'));
  const silent = { info: print, warn: print, error: print };
  try {
    const options = password === null ? {} : { password };
    await replayAsClient(recording, server, options, { notices: silent, print, stop: { asked: stop } });
  } catch (error) {
    const advice = error instanceof PasswordMasked ? '; give it behind the command: :replay PASSWORD' : '';
    lines.push(told(error) + advice);
  }
  return lines;
}

function sessionsIn(observations: readonly Observation[]): string {
  return formatCount(new Set(observations.map(({ session }) => session)).size, 'session');
}

/** Nothing is appended to here: it may be the recording that is looked at. */
function refuseWhatIsThere(file: string): void {
  if (isFile(file)) throw new UsageError(`${file} exists: choose another file`);
}

/** Where that cannot be told, opening it says why. */
function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function told(error: unknown): string {
  if (error instanceof RecordingError || error instanceof RecordedFileError || error instanceof ReplayError) {
    return error.message;
  }
  if (error instanceof Failure || error instanceof UsageError) return error.message;
  throw error;
}
