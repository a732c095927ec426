// What observations say that was said on a control connection.
import type { Observation } from '../../src/dialogue/observation.js';

/** Each line of one direction with its end, as the observations give it back. */
export function linesOf(observations: readonly Observation[], dir: 'C' | 'S'): string[] {
  let telnet = '';
  return observations.flatMap((observation) => {
    if (observation.kind === 'reply' && dir === 'S') {
      return observation.lines.map((line, index) => line + (observation.ends?.[index] ?? '\r\n'));
    }
    if (observation.kind === 'noise' && observation.from === (dir === 'C' ? 'client' : 'server')) {
      if (observation.what === 'line') return [observation.line + (observation.end ?? '\r\n')];
      telnet = observation.line;
      return [];
    }
    if (observation.kind !== 'command' || dir !== 'C') return [];
    const line = telnet + observation.line + (observation.end ?? '\r\n');
    telnet = '';
    return [line];
  });
}
