// What a probe is: one thing that is asked of a server, what was found as a line and as facts, and which diagnoses follow.
import type { Severity } from '../dialogue/observation.js';
import type { Bench } from './bench.js';
import type { CheckFinding, Conclusion } from './findings.js';

export const GROUPS = ['connection', 'login', 'tls', 'data', 'files', 'limits', 'writing'] as const;
export type Group = (typeof GROUPS)[number];

type FactValue = string | number | boolean | null | readonly string[] | readonly number[];
export type Facts = Readonly<Record<string, FactValue>>;

export interface Probe {
  /** Its facts go by this name. */
  readonly id: string;
  readonly group: Group;
  /** Without it there is nothing to ask. */
  readonly needs: 'connection' | 'tls' | 'login';
  /** Null where it does not apply to this server. */
  run(bench: Bench): Promise<Outcome | null>;
}

export interface Outcome {
  /** What was found, in one line. */
  readonly text: string;
  readonly facts?: Facts;
  readonly conclusions?: readonly Conclusion[];
  /** It could not be judged. */
  readonly isOpen?: true;
}

/** A finding's severity; `ok`; or `open`, which is not judged. */
export type Sign = 'ok' | 'open' | Severity;

/** A line of the report. */
export interface ReportLine {
  readonly probe: string;
  readonly group: Group;
  readonly sign: Sign;
  readonly text: string;
  readonly facts: Facts;
  readonly findings: readonly CheckFinding[];
}

const GRAVITY: readonly Sign[] = ['ok', 'open', 'note', 'warning', 'error'];

/** The gravest of them. */
export function reportSignOf(findings: readonly Pick<CheckFinding, 'severity'>[], otherwise: Sign = 'ok'): Sign {
  return findings.reduce<Sign>(
    (worst, { severity }) => (GRAVITY.indexOf(severity) > GRAVITY.indexOf(worst) ? severity : worst),
    otherwise,
  );
}
