// Sessions that the dashboard no longer keeps, had again from where they are recorded. Everything is read from the beginning, and
// only the newest of what is wanted is held at any time.
import { createReadStream, statSync } from 'node:fs';
import { Board, type BoardLimits } from '../../dashboard/model/board.js';
import { Diagnosed } from '../../diagnosis/diagnosed.js';
import type { Observation } from '../../dialogue/observation.js';
import { readTranscript } from '../../transcript/read-transcript.js';
import { yieldToOthers } from '../program/yield-to-others.js';

/** Gives `take` what was recorded, from the first observation on, until `isEnough`. Lets others have their turn meanwhile. */
export type RereadRecording = (take: (observation: Observation) => void, isEnough: () => boolean) => Promise<void>;

/**
 * The sessions before the one numbered `before`, as many numbers back as the limits say; where a filter has left none of those, the newest
 * before them. Null when nobody waits for them any more.
 */
export async function sessionsBefore(
  before: number,
  recorded: RereadRecording,
  limits: BoardLimits,
  isOver: () => boolean,
): Promise<Board | null> {
  const nearby = await sessionsBetween(before - limits.maxSessions, before, recorded, limits, isOver);
  if (nearby === null || nearby.sessions.size > 0 || nearby.forgotten === 0) return nearby;
  return sessionsBetween(1, before, recorded, limits, isOver);
}

/** Those before `from` are no more than counted: to keep each for a while would cost far more memory. */
async function sessionsBetween(
  from: number,
  before: number,
  recorded: RereadRecording,
  limits: BoardLimits,
  isOver: () => boolean,
): Promise<Board | null> {
  const archive = new Board(limits);
  const diagnosed = new Diagnosed();
  let isPast = false;
  const take = (observation: Observation) => {
    const { session, kind } = observation;
    if (session >= before) isPast = true;
    else if (session >= from) for (const one of diagnosed.of(observation)) archive.take(one);
    else if (kind === 'session-opened') archive.forgotten += 1;
  };
  await recorded(take, () => isOver() || (isPast && archive.totals.live === 0));
  return isOver() ? null : archive;
}

/**
 * All that was recorded of these sessions, in its order; of those that go on, all so far. Null when nobody waits for it any more.
 */
export async function wholeSessions(
  wanted: ReadonlySet<number>,
  recorded: RereadRecording,
  isOver: () => boolean,
): Promise<readonly Observation[] | null> {
  const found: Observation[] = [];
  let closed = 0;
  const take = (observation: Observation) => {
    if (!wanted.has(observation.session)) return;
    found.push(observation);
    if (observation.kind === 'session-closed') closed += 1;
  };
  await recorded(take, () => isOver() || closed === wanted.size);
  return isOver() ? null : found;
}

/** What this run has written to its transcripts so far; undefined when they cannot be read, as pipes cannot. */
export function recordedRun(files: () => readonly string[], run: string): RereadRecording | undefined {
  if (!files().some(isRegular)) return undefined;
  return async (take, isEnough) => {
    for (const file of files().filter(isRegular)) {
      for await (const batch of readTranscript(createReadStream(file), { run })) {
        for (const observation of batch) take(observation);
        if (isEnough()) return;
        await yieldToOthers();
      }
    }
  };
}

/** Those that somebody has moved away since are no longer there. */
function isRegular(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}
