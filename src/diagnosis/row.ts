// A row of the catalogue: one thing that goes wrong with FTP, in words, and the rules that recognise it. Everything that the project
// knows of a diagnosis stands in its row.
//
// Texts are templates: `{name}` is filled with a value of the sighting, and `{name|words}` falls back to the words where there is
// none, as in `ftpscope explain`, which knows no session.
import type { Confidence, Fault, Fix, Observation, Severity } from '../dialogue/observation.js';
import type { ClientKind, ServerKind } from './peers.js';
import type { SessionPicture } from './session-picture.js';

type Kind = Observation['kind'];

export interface DiagnosisRow {
  /** Stable: filters, scripts and people refer to it. */
  readonly id: string;
  readonly severity: Severity;
  readonly fault: Fault;
  /** One clause, what happened; short enough for a line. */
  readonly title: string;
  readonly cause: string;
  readonly fix: Fix;
  /** The exact setting of each server that has one; goes behind `fix.server`. */
  readonly settings?: Partial<Readonly<Record<ServerKind, string>>>;
  /** What users of these clients set; goes behind `fix.client`. */
  readonly clientSettings?: Partial<Readonly<Record<ClientKind, string>>>;
  /** How it looks on the wire, for people who read a trace. */
  readonly signs: string;
  /** Why nobody who stands between the peers can see it; absent where the rules can. */
  readonly unseen?: string;
  readonly rules: readonly Rule[];
}

/** What a rule has recognised. */
export interface Sighting {
  readonly confidence: Confidence;
  readonly leg: 'client' | 'server' | null;
  /** Where this case differs from its row. */
  readonly severity?: Severity;
  readonly fault?: Fault;
  /** The proxy fixed it in passing. */
  readonly mended?: true;
  /** The data link that it is about, where the evidence does not say so. */
  readonly link?: number;
  /** For the placeholders of the texts. Wire text, one character a byte. */
  readonly values?: Readonly<Record<string, string | number>>;
  /** What was seen, oldest first; the observation at hand belongs to it by itself. */
  readonly evidence?: readonly (Observation | null)[];
}

export interface Rule {
  /** The kinds that can complete what it looks for; it is asked for no others. */
  readonly on: readonly Kind[];
  /**
   * It speaks of a symptom: silent about a data link, a command or a session whose failure has been explained already, also by a row
   * above it. A cause is found before its symptoms, or in a row that stands above.
   */
  readonly symptom?: true;
  /** The picture holds what came before, and the observation itself. */
  see(observation: Observation, session: SessionPicture): Sighting | null;
}

/** A rule that looks at observations of some kinds. */
export function on<K extends Kind>(
  kinds: K | readonly K[],
  see: (observation: Extract<Observation, { kind: K }>, session: SessionPicture) => Sighting | null,
): Rule {
  const wanted: readonly K[] = typeof kinds === 'string' ? [kinds] : kinds;
  const isWanted = (one: Observation): one is Extract<Observation, { kind: K }> =>
    wanted.some((kind) => kind === one.kind);
  return { on: wanted, see: (observation, session) => (isWanted(observation) ? see(observation, session) : null) };
}

/** The same, for a symptom. */
export function symptomOn<K extends Kind>(
  kinds: K | readonly K[],
  see: (observation: Extract<Observation, { kind: K }>, session: SessionPicture) => Sighting | null,
): Rule {
  return { ...on(kinds, see), symptom: true };
}

/** A text with its placeholders filled. */
export function filled(template: string, values: Sighting['values'] = {}): string {
  return template.replace(/\{(\w+)(?:\|([^}]*))?\}/g, (_whole, name: string, otherwise?: string) =>
    String(values[name] ?? otherwise ?? name),
  );
}
