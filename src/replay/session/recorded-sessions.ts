// The sessions of a recording, each handed over when it ends: observations of many sessions go through, interleaved as they are.
import type { Observation } from '../../dialogue/observation.js';
import type { RecordedFile } from '../../recordings/recorded-file.js';
import type { RecordedSession } from './recorded-session.js';
import { SessionBuilder } from './session-builder.js';

/** What replays want of a recording. */
export type Recording = Pick<RecordedFile, 'observations' | 'payload'>;

/** What sessions are made of. */
const KINDS: ReadonlySet<Observation['kind']> = new Set([
  'session-opened',
  'server-chosen',
  'command',
  'reply',
  'held-reply',
  'link-closed',
  'tls',
  'violation',
  'gap',
  'session-closed',
]);

/** What sessions that are being gathered may hold. */
const MAX_HELD_BYTES = 256 * 1024 * 1024;

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

/** More is open at the same time than can be held. */
export class TooManyAtOnce extends Error {
  override readonly name = 'TooManyAtOnce';
}

export class SessionCollector {
  private readonly open = new Map<number, SessionBuilder>();
  private held = 0;

  /** `only`: the number of the one session that is wanted; null for all. */
  constructor(
    private readonly only: number | null,
    private readonly maxHeldBytes = MAX_HELD_BYTES,
  ) {}

  /** The session that the observation ends; null mostly. Throws TooManyAtOnce. */
  add(observation: Observation): RecordedSession | null {
    if (this.only !== null && observation.session !== this.only) return null;
    if (observation.kind === 'session-opened') {
      const before = this.take(observation.session);
      this.open.set(observation.session, new SessionBuilder(observation));
      return before;
    }
    if (observation.kind === 'session-closed') return this.take(observation.session);
    this.grow(observation);
    return null;
  }

  /** Those that the recording does not see the end of. */
  rest(): RecordedSession[] {
    return [...this.open.keys()].flatMap((number) => this.take(number) ?? []);
  }

  private grow(observation: Observation): void {
    const builder = this.open.get(observation.session);
    if (builder === undefined) return;
    const before = builder.bytesHeld;
    builder.add(observation);
    this.held += builder.bytesHeld - before;
    if (this.held > this.maxHeldBytes) throw new TooManyAtOnce('the recording holds more sessions than fit in memory');
  }

  private take(number: number): RecordedSession | null {
    const builder = this.open.get(number);
    if (builder === undefined) return null;
    this.open.delete(number);
    this.held -= builder.bytesHeld;
    return builder.session;
  }
}
