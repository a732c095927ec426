// `--fail-on`: findings that make the exit status 1, for those who run ftpscope in CI.
import type { Observation, Severity } from '../../dialogue/observation.js';
import { formatCount } from '../../words/quantities.js';
import { UsageError } from './errors.js';
import type { Notices } from './notices.js';

/** What the option takes: that, or worse. */
export type FailingSeverity = Exclude<Severity, 'note'>;
export const FAILING_SEVERITIES = ['error', 'warning'] as const satisfies readonly FailingSeverity[];

export class FailOn {
  private readonly counts: Record<Severity, number> = { error: 0, warning: 0, note: 0 };

  /** Throws a UsageError where nothing is to be found. */
  constructor(
    private readonly severity: FailingSeverity | undefined,
    findings: boolean | undefined,
  ) {
    if (severity !== undefined && findings === false)
      throw new UsageError('--fail-on needs findings: leave out --no-findings');
  }

  take(observation: Observation): void {
    if (observation.kind === 'finding') this.counts[observation.severity] += 1;
  }

  /** Whether the exit status is 1, and says so. */
  fails(notices: Pick<Notices, 'info'>): boolean {
    const { error, warning } = this.counts;
    const failing = this.severity === undefined ? 0 : this.severity === 'error' ? error : error + warning;
    if (failing === 0) return false;
    const found = [
      formatCount(error, 'error'),
      ...(this.severity === 'warning' ? [formatCount(warning, 'warning')] : []),
    ];
    notices.info(`${found.join(' and ')} found: exit status 1, as --fail-on ${this.severity} asks for`);
    return true;
  }
}
