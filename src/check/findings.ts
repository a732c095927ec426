// What a check concludes, in the words of the catalogue: the title says what this server does, cause and cure are the row's.
import { CATALOGUE } from '../diagnosis/catalogue.js';
import { catalogueEntry } from '../diagnosis/catalogue-entry.js';
import { Diagnosis } from '../diagnosis/diagnosis.js';
import type { ServerKind } from '../diagnosis/peers.js';
import type { Fault, Finding, Fix, Observation, Severity } from '../dialogue/observation.js';
import { readableText } from '../protocol/wire-text.js';

export interface CheckFinding {
  /** Its id in the catalogue. */
  readonly diagnosis: string;
  readonly severity: Severity;
  readonly fault: Fault;
  readonly title: string;
  readonly cause: string;
  readonly fix: Fix;
}

/** A conclusion of a probe: which diagnosis it is, and what it is called of this server. */
export interface Conclusion {
  readonly diagnosis: string;
  readonly severity: Severity;
  readonly title: string;
  /** For the placeholders of the row's texts. */
  readonly values?: Readonly<Record<string, string | number>>;
  /** In place of the row's, which speaks of a proxy and its client. */
  readonly cause?: string;
}

/** Throws for an id that the catalogue does not have: test/check/findings.test.ts sees to that. */
export function findingOf(
  { diagnosis, severity, title, values = {}, cause: own }: Conclusion,
  kind: ServerKind | null,
): CheckFinding {
  const row = CATALOGUE.find(({ id }) => id === diagnosis);
  if (row === undefined) throw new Error(`no diagnosis ${diagnosis}`);
  const { cause, fix } = catalogueEntry(row, { values, serverKind: kind });
  return { diagnosis, severity, fault: row.fault, title, cause: own ?? cause, fix };
}

/** What the rules of the catalogue find in a conversation. */
export function findingsIn(observations: readonly Observation[]): readonly CheckFinding[] {
  const diagnosis = new Diagnosis();
  return observations.flatMap((observation) => diagnosis.take(observation)).map(asCheckFinding);
}

/** What they find in the last thing that was said. */
export function findingsInLast(observations: readonly Observation[]): readonly CheckFinding[] {
  const [before, last] = [findingsIn(observations.slice(0, -1)), findingsIn(observations)];
  return last.slice(before.length);
}

function asCheckFinding({ diagnosis, severity, fault, title, cause, fix }: Finding): CheckFinding {
  return { diagnosis, severity, fault, title: readableText(title), cause, fix };
}
