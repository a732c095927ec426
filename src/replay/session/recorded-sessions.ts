// The sessions of a recording, one after the other as each ends.
import type { Observation } from '../../dialogue/observation.js';
import type { RecordedFile } from '../../recordings/recording.js';
import type { RecordedSession } from './recorded-session.js';
import { SessionCollector } from './session-collector.js';

/** What replays want of a recording. */
export type Recording = Pick<RecordedFile, 'observations' | 'payload'>;

/** What sessions are made of. */
const KINDS: ReadonlySet<Observation['kind']> = new Set([
  'session-opened',
  'server-chosen',
  'command',
  'reply',
  'link-closed',
  'tls',
  'violation',
  'gap',
  'session-closed',
]);

/**
 * Hands over each session when it ends, and those without an end at last. `only`: the number of the one that is wanted. `seen`
 * is called with the number of each that is in the recording, wanted or not.
 */
export async function* recordedSessions(
  recording: Recording,
  only: number | null,
  seen: (number: number) => void = () => {},
): AsyncGenerator<RecordedSession> {
  const collector = new SessionCollector(only);
  for await (const batch of recording.observations({ kinds: KINDS })) {
    for (const observation of batch) {
      if (observation.kind === 'session-opened') seen(observation.session);
      const whole = collector.add(observation);
      if (whole !== null) yield whole;
    }
  }
  yield* collector.rest();
}
