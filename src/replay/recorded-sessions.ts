// The sessions of a recording, one after the other as each ends.
import type { RecordedSession } from './recorded-session.js';
import type { RecordedFile } from './recording.js';
import { SessionCollector } from './session-collector.js';

/** What replays want of a recording. */
export type Recording = Pick<RecordedFile, 'observations' | 'payload'>;

/** Hands over each session when it ends, and those without an end at last. `only`: the number of the one that is wanted. */
export async function* recordedSessions(recording: Recording, only: number | null): AsyncGenerator<RecordedSession> {
  const collector = new SessionCollector(only);
  for await (const batch of recording.observations()) {
    for (const observation of batch) {
      const whole = collector.add(observation);
      if (whole !== null) yield whole;
    }
  }
  yield* collector.rest();
}
