// Observations as lines of JSON, by pino: one line each, the observation itself and nothing of a log around it. Does
// not know where the lines go.
import { type DestinationStream, pino } from 'pino';
import { OBSERVATION_VERSION, type Observation } from '../dialogue/observation.js';
import { escapeForTerminal } from '../protocol/wire-text.js';

/** The first line of a transcript: which words the lines behind it are in, and who wrote them. */
export interface TranscriptHeader {
  /** Version of ftpscope. */
  readonly version: string;
  /** When writing began, in milliseconds since the epoch. */
  readonly at: number;
  /** Names the run of the program: sessions go on from file to file of one run. Absent: a run of its own. */
  readonly run?: string;
  /** The folder of the payloads, as seen from the transcript's folder; absent when none are kept. */
  readonly payloads?: string;
  /** Why it goes on here, in the middle of a run: nothing could be written for a time. */
  readonly unrecorded?: Unrecorded;
}

/** A time in which a transcript could not be written. What went on then is missing, and each session that it is missing of was ended. */
export interface Unrecorded {
  /** Milliseconds since the epoch, when writing failed first. */
  readonly from: number;
  /** How many observations are missing. */
  readonly observations: number;
  readonly reason: string;
}

/** How the first line of a transcript begins, whatever its version. */
export const HEADER_START = '{"ftpscope":';
/** And every line behind it. */
export const OBSERVATION_START = '{"kind":"';

export interface ObservationLines {
  /** Writes `{"ftpscope":1,"version":...,"at":...}` and what else the header says. */
  header(header: TranscriptHeader): void;
  /** Writes one line, with one call of the destination. */
  observation(observation: Observation): void;
}

/** pino's levels are the kinds of lines; the numbers have no meaning but to differ. */
const LEVELS: Readonly<Record<Observation['kind'] | 'header', number>> = {
  header: 1,
  'session-opened': 2,
  'server-connected': 3,
  command: 4,
  reply: 5,
  noise: 6,
  rewrite: 7,
  'link-opened': 8,
  'link-progress': 9,
  'link-closed': 10,
  violation: 11,
  'session-closed': 12,
  tls: 13,
  'server-chosen': 14,
  gap: 15,
  'held-reply': 16,
  note: 17,
  finding: 18,
};

export function observationLines(destination: DestinationStream): ObservationLines {
  const logger = pino<keyof typeof LEVELS, true>(
    {
      customLevels: LEVELS,
      useOnlyCustomLevels: true,
      level: 'header',
      base: null,
      timestamp: false,
      formatters: { level: (label) => (label === 'header' ? { ftpscope: OBSERVATION_VERSION } : { kind: label }) },
      hooks: { streamWrite: escapeInJson },
    },
    destination,
  );
  return {
    header: (header) => logger.header(header),
    observation: ({ kind, ...rest }) => logger[kind](rest),
  };
}

/**
 * JSON leaves C1 control bytes and direction marks as they are, and people print transcripts on terminals. What must
 * not reach one is written as `\uNNNN`, which is the same JSON.
 */
function escapeInJson(line: string): string {
  return line.replace(/[^\n\x20-\x7e]/g, (character) =>
    escapeForTerminal(character) === character ? character : `\\u${hex4(character)}`,
  );
}

function hex4(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(4, '0');
}
