// What a listener found in a dialogue, in the words of the table.
import type { Observation } from '../../src/dialogue/observation.js';
import { formatEndpoint } from '../../src/protocol/endpoint.js';

export interface Finding {
  readonly answers: readonly string[];
  readonly unasked: readonly number[];
  readonly ports: readonly string[];
  readonly transfers: readonly string[];
}

/** Of one session that was observed, in whatever order its data links closed. */
export function findingOf(observations: readonly Observation[]): Finding {
  const answers = new Map<number, string>();
  const unasked: number[] = [];
  const ports: string[] = [];
  const transfers: string[] = [];
  let greeted = false;
  for (const one of observations) {
    if (one.kind === 'command' && one.by !== 'proxy') answers.set(one.number, one.verb);
    if (one.kind === 'reply' && one.by === 'server') {
      const asked = one.answers === null ? undefined : answers.get(one.answers);
      if (asked !== undefined && one.answers !== null) answers.set(one.answers, `${asked} ${one.code}`);
      else if (greeted) unasked.push(one.code);
      greeted = true;
    }
    if (one.kind === 'link-opened') {
      const listener = one.client.mode === 'active' ? ('client' as const) : ('server' as const);
      const { remote } = one[listener];
      ports.push(`${listener} ${remote === null ? '?' : formatEndpoint(remote)}`);
    }
    if (one.kind === 'link-closed' && one.verb !== null) {
      transfers.push(`${one.verb} ${one.path ?? ''} ${one.bytes} ${one.outcome}`);
    }
  }
  const answered = [...answers.values()].filter((answer) => answer.includes(' ') && !/^QUIT|^USER/.test(answer));
  return { answers: answered, unasked, ports, transfers };
}
