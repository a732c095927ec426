// What can be done with sessions that the dashboard keeps: written as a transcript or as packets, replayed to their server. Each gives what
// came of it in words.
import type { FtpEndpoint } from '../../net/proxy-options.js';
import { RecordedFileError } from '../../replay/recorded-file-error.js';
import { ReplayError } from '../../replay/replay-error.js';
import type { Observation } from '../../session/observation.js';
import { RecordingError } from '../../session/recording-error.js';
import { openTranscript } from '../../transcript/transcript-file.js';
import { Failure, UsageError } from '../program/errors.js';
import { openExportTarget } from './export-target.js';
import type { KeptRecording } from './kept-recording.js';
import { writePackets } from './packet-writing.js';
import { transcriptHeader } from './recording.js';
import { replayAsClient } from './replay-as-client.js';

/** Rejects only with faults of the program. */
export function writeTranscript(observations: readonly Observation[], file: string): string {
  try {
    const transcript = openTranscript(file, transcriptHeader());
    for (const observation of observations) transcript.write(observation);
    transcript.close();
    return `written to ${file}`;
  } catch (error) {
    return told(error);
  }
}

export async function writeCapture(recording: KeptRecording, file: string): Promise<string> {
  const warnings: string[] = [];
  try {
    const target = await openExportTarget(file, { force: false, mustNotBe: file });
    await writePackets(recording, 'end-to-end', target, { warn: (line) => void warnings.push(line) });
    return [`written to ${file}`, ...warnings].join('; ');
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
    lines.push(told(error));
    if (password === null) lines.push('where a password is masked, give it: :replay PASSWORD');
  }
  return lines;
}

function told(error: unknown): string {
  if (error instanceof RecordingError || error instanceof RecordedFileError || error instanceof ReplayError) {
    return error.message;
  }
  if (error instanceof Failure || error instanceof UsageError) return error.message;
  throw error;
}
