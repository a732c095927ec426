// Sessions of a recording, played to a server: first it is checked that everything that they need is there; then several are played at
// a time, each compared with what was recorded as soon as it has ended.
import { setMaxListeners } from 'node:events';
import { noSuchSession, PasswordMasked, ReplayError } from '../replay-error.js';
import { PayloadDiffers, recordedBytes } from '../session/recorded-payload.js';
import { type RecordedSession, sessionDurationMs } from '../session/recorded-session.js';
import { type Recording, recordedSessions } from '../session/recorded-sessions.js';
import { lacksPassword, type Script, type ScriptOptions, type Step, scriptOf } from '../session/script.js';
import { ASPECTS, type Aspect, type ComparisonResult, compareSessions, type Difference } from './comparison.js';
import { listingsOf } from './listings.js';
import type { PlayedSession } from './played-session.js';
import { type PlayerOptions, playSession } from './session-player.js';

export async function checkReplay(recording: Recording, only: number | null, options: ScriptOptions): Promise<void> {
  const numbers: number[] = [];
  let commands = 0;
  for await (const session of recordedSessions(recording, only, (number) => numbers.push(number))) {
    commands += await checkSession(session, recording, options);
  }
  if (only !== null && !numbers.includes(only)) throw noSuchSession(only, numbers);
  if (commands === 0) throw new ReplayError(nothingToReplay(only, numbers.length));
}

/** How many commands it would send. */
async function checkSession(session: RecordedSession, recording: Recording, options: ScriptOptions): Promise<number> {
  if (lacksPassword(session, options)) {
    throw new PasswordMasked(session.number);
  }
  const script = scriptOf(session, options);
  for (const step of script.steps) await checkUpload(step, script, recording);
  return script.steps.filter(({ kind }) => kind !== 'skip').length;
}

/** Before anything is sent, as half an upload is worse than none. Rejects with a RecordedFileError when the payload is missing. */
async function checkUpload(step: Step, { session }: Script, recording: Recording): Promise<void> {
  const { transfer, line } = step.exchange;
  if (step.kind !== 'transfer' || step.direction !== 'upload' || transfer === null) return;
  try {
    for await (const _chunk of recordedBytes(transfer, recording));
  } catch (error) {
    if (!(error instanceof PayloadDiffers)) throw error;
    throw new ReplayError(`session ${session.number}: cannot upload for ${line}: ${error.message}`);
  }
}

function nothingToReplay(only: number | null, sessions: number): string {
  if (sessions === 0) return 'there is no session in it';
  const all = sessions === 1 ? 'its session has' : `its ${sessions} sessions have`;
  return `there is nothing to replay: ${only === null ? all : `session ${only} has`} no command that could be sent`;
}

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

/** Nothing differs that matters, and nothing was stopped. `strict`: nor was anything left out, or put in its place. */
export function wentAsRecorded({ played, differences }: ReplayedSession, strict: boolean): boolean {
  const { stopped, skipped, notes } = played;
  if (stopped !== null || differences.some(({ matters }: Difference) => matters)) return false;
  return !strict || (skipped.length === 0 && notes.every(({ substitutes }) => !substitutes));
}

/** What counts when everything is to be as recorded: how long an answer took only where it was asked for. */
export function strictlyMattering(matters: readonly Aspect[]): readonly Aspect[] {
  return ASPECTS.filter((aspect) => aspect !== 'timing' || matters.includes(aspect));
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
