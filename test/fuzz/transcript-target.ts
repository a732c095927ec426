// Transcripts of real sessions with lines and fields lost, doubled, swapped, cut, or of another type. What the reader lets through is well
// formed, and whatever looks at observations takes it.
import { readCapture } from '../../src/capture/read-capture.js';
import { observationLines } from '../../src/transcript/ndjson.js';
import { readTranscript, TranscriptError } from '../../src/transcript/read-transcript.js';
import type { Chance } from '../support/chance.js';
import { openCapture, readTruth, truthNames } from '../support/corpus.js';
import { mustBeShown } from './observations.js';
import { must, type Target } from './target.js';

const MAX_LINES = 300;
const NAMES = truthNames().filter((name) => name !== 'cwd-navigation');
const VALUES: readonly unknown[] = [
  null,
  -1,
  0,
  1e308,
  '',
  'x',
  '\x1b[2J',
  [],
  {},
  true,
  [''],
  2 ** 53,
  '\u{1f4a9}',
  { address: '::1', port: 70_000 },
];
const loaded = new Map<string, Promise<readonly string[]>>();

export const transcriptTarget: Target = {
  name: 'transcripts',
  make: async (chance) => {
    const name = chance.from(NAMES);
    const load = loaded.get(name) ?? transcriptOf(name);
    loaded.set(name, load);
    return Buffer.from(mutated(await load, chance).join('\n'), chance.oneIn(8) ? 'latin1' : 'utf8');
  },
  run: async (input) => {
    async function* file() {
      yield input;
    }
    const observations = [];
    try {
      for await (const batch of readTranscript(file())) observations.push(...batch);
    } catch (error) {
      if (!(error instanceof TranscriptError)) throw error;
      must(!error.message.includes('\n'), 'the fault has more than one line');
    }
    mustBeShown(observations);
  },
};

async function transcriptOf(name: string): Promise<readonly string[]> {
  const written: string[] = [];
  const lines = observationLines({ write: (line) => void written.push(line) });
  lines.header({ version: '0', at: 0, run: 'fuzz' });
  for await (const batch of readCapture(openCapture(readTruth(name)), { showSecrets: false, notice: () => {} })) {
    for (const observation of batch) lines.observation(observation);
    if (written.length > MAX_LINES) break;
  }
  return written.slice(0, MAX_LINES).map((line) => line.trimEnd());
}

function mutated(lines: readonly string[], chance: Chance): string[] {
  const all = [...lines];
  for (let mutations = 1 + chance.below(6); mutations > 0 && all.length > 0; mutations -= 1) {
    const at = chance.below(all.length);
    all.splice(at, 1, ...mutation(all[at] ?? '', chance));
  }
  return all;
}

function mutation(line: string, chance: Chance): string[] {
  switch (chance.below(8)) {
    case 0:
      return [];
    case 1:
      return [line, line];
    case 2:
      return [line.slice(0, chance.below(line.length + 1))];
    case 3:
      return [line.replace(/"session":\d+/, `"session":${chance.below(3)}`)];
    default:
      return [withChangedField(line, chance)];
  }
}

function withChangedField(line: string, chance: Chance): string {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null) return line;
    const fields = Object.entries(value);
    const at = chance.below(fields.length);
    const [name] = fields[at] ?? [''];
    if (chance.oneIn(3)) fields.splice(at, 1);
    else fields[at] = [name, chance.from(VALUES)];
    return JSON.stringify(Object.fromEntries(fields));
  } catch {
    return line;
  }
}
