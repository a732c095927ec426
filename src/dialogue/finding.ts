// What diagnosis concludes from observations: what went wrong, on which leg, whose fault it is, and what to do. Findings travel with
// the observations that they rest on, and are derived again by whoever reads a recording (docs/decisions.md).

/**
 * - error: a login or a transfer failed, or data is damaged;
 * - warning: it works by luck, or will fail for somebody;
 * - note: worth knowing.
 */
export type Severity = (typeof SEVERITIES)[number];
export const SEVERITIES = ['error', 'warning', 'note'] as const;

export type Confidence = 'certain' | 'likely' | 'possible';

/** Who has to change something. */
export type Fault = (typeof FAULTS)[number];
export const FAULTS = ['client', 'server', 'network', 'proxy', 'unknown'] as const;

/** What to do about it, for each who can do something. */
export type Fix = Partial<Readonly<Record<'client' | 'server' | 'network' | 'proxy', string>>>;

/** An observation that a finding rests on: its kind and time identify it within its session. */
export interface Evidence {
  readonly kind: string;
  /** Milliseconds since the epoch, with a fraction. */
  readonly at: number;
  /** What it says, in short; secrets masked. One character a byte where it is the wire's. */
  readonly text: string;
}

/** What a finding says, apart from the session and the time. */
export interface FindingFacts {
  /** Id in the catalogue: `ftpscope explain ID` prints all of it. */
  readonly diagnosis: string;
  readonly severity: Severity;
  readonly confidence: Confidence;
  /** The leg on which it failed; null where it concerns neither alone. */
  readonly leg: 'client' | 'server' | null;
  readonly fault: Fault;
  /** Number of the data link that it is about; null where it is about none. */
  readonly link: number | null;
  /** It would have failed, and the proxy fixed it in passing. */
  readonly mended?: true;
  readonly evidence: readonly Evidence[];
  /** One clause: what happened. */
  readonly title: string;
  readonly cause: string;
  readonly fix: Fix;
}
