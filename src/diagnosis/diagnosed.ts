// Puts findings into a stream of observations, each behind the one that completes it.
import type { Observation } from '../dialogue/observation.js';
import { Diagnosis } from './diagnosis.js';

export class Diagnosed {
  private readonly diagnosis = new Diagnosis();

  /**
   * An observation with its findings. What a session's end completes comes in front of it: nothing follows the end. Findings that are in
   * the stream already are replaced by those that the present rules derive.
   */
  of(observation: Observation): readonly Observation[] {
    if (observation.kind === 'finding') return [];
    const findings = this.diagnosis.take(observation);
    if (findings.length === 0) return [observation];
    return observation.kind === 'session-closed' ? [...findings, observation] : [observation, ...findings];
  }
}

/** The same, for code that is called with observations. */
export function diagnosed(next: (observation: Observation) => void): (observation: Observation) => void {
  const stream = new Diagnosed();
  return (observation) => {
    for (const one of stream.of(observation)) next(one);
  };
}
