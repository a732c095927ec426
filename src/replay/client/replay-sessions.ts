// Sessions of a recording, played to a server, several at a time, each compared with what was recorded as soon as it has ended.
import { setMaxListeners } from 'node:events';
import { type Aspect, type ComparisonResult, compareSessions, type Difference } from '../comparison.js';
import { listingsOf } from '../listings.js';
import { type RecordedSession, sessionDurationMs } from '../session/recorded-session.js';
import { type Recording, recordedSessions } from '../session/recorded-sessions.js';
import { type ScriptOptions, scriptOf } from '../session/script.js';
import type { PlayedSession } from './played-session.js';
import { type PlayerOptions, playSession } from './session-player.js';

export interface ReplayOptions extends Omit<PlayerOptions, 'recording' | 'tls'> {
  readonly script: ScriptOptions;
  /** Sessions played at the same time. */
  readonly concurrency: number;
  readonly matters: readonly Aspect[];
  /** One for each session: TLS sessions are resumed within it. */
  readonly tlsFor: () => PlayerOptions['tls'];
}

/** A session that was replayed, and how it went. */
export interface ReplayedSession extends ComparisonResult {
  readonly recorded: RecordedSession;
  readonly played: PlayedSession;
  readonly recordedMs: number;
}

/** Nothing differs that matters, and nothing was stopped. */
export function wentAsRecorded({ played, differences }: ReplayedSession): boolean {
  return played.stopped === null && differences.every(({ matters }: Difference) => !matters);
}

/** `tell` is called for each session when it has ended. None is begun once `stop` is aborted, and those under way end. */
export async function replaySessions(
  recording: Recording,
  only: number | null,
  options: ReplayOptions,
  tell: (replayed: ReplayedSession) => void,
): Promise<void> {
  const running = new Set<Promise<void>>();
  // Each session that is under way listens to it.
  setMaxListeners(0, options.stop);
  for await (const session of recordedSessions(recording, only)) {
    if (options.stop.aborted) break;
    if (session.exchanges.length === 0) continue;
    const one = replayOne(session, recording, options)
      .then(tell)
      .finally(() => running.delete(one));
    running.add(one);
    if (running.size >= options.concurrency) await Promise.race(running);
  }
  await Promise.all(running);
}

async function replayOne(
  recorded: RecordedSession,
  recording: Recording,
  options: ReplayOptions,
): Promise<ReplayedSession> {
  const { tlsFor, script, matters, ...rest } = options;
  const played = await playSession(scriptOf(recorded, script), { ...rest, recording, tls: tlsFor() });
  const listings = await listingsOf(recorded, recording);
  const result = compareSessions({ session: recorded, listings }, played, matters, played);
  return { ...result, recorded, played, recordedMs: sessionDurationMs(recorded) };
}
