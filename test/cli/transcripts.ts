// Transcripts on disk for tests of the commands, written as the program writes them.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Observation } from '../../src/dialogue/observation.js';
import { observationLines } from '../../src/transcript/ndjson.js';
import { NOON } from '../transcript/observations.js';
import { temporaryFolder } from '../transcript/temporary-folder.js';

type Observed = { readonly observations: readonly Observation[] };

/** One run of sessions, as text. */
export function transcriptText(sessions: readonly Observed[], run?: string): string {
  let text = '';
  const lines = observationLines({ write: (line: string) => (text += line) });
  lines.header({ version: '0.1.0', at: NOON, ...(run === undefined ? {} : { run }) });
  for (const { observations } of sessions) for (const observation of observations) lines.observation(observation);
  return text;
}

/** The same in a file that is gone with the test; `rest` stands behind it. */
export function transcriptFile(sessions: readonly Observed[], rest = ''): string {
  const file = join(temporaryFolder(), 'session.ndjson');
  writeFileSync(file, transcriptText(sessions) + rest);
  return file;
}
