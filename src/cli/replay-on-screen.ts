// `ftpscope replay FILE` in a terminal: the recording in the dashboard, as fast as it went by or at the speed that was asked for.
import { noSuchSession } from '../replay/no-such-session.js';
import type { Observation } from '../session/observation.js';
import type { DashboardView } from './dashboard-view.js';
import { ToldFailure } from './errors.js';
import { Playback } from './playback.js';
import { Recordings } from './read-recordings.js';
import type { ReadingConsole } from './reading-console.js';
import type { ReplayCommandOptions } from './replay-options.js';

const AS_RECORDED = 1;

/** `rereadable`: the file can be read from its beginning again. Rejects as reading a recording does. */
export async function replayOnScreen(
  file: string,
  { port, session: only, speed = AS_RECORDED }: ReplayCommandOptions,
  console: ReadingConsole & { readonly screen: DashboardView },
  rereadable: boolean,
): Promise<void> {
  const { screen, stop } = console;
  const playback = new Playback({ screen, speed, rereadable }, stop.asked);
  const recordings = new Recordings(
    { files: [file], filter: null, ports: port ?? [], showSecrets: false, isPlayed: true },
    { ...console, progress: playback.progress },
  );
  const seen = new Set<number>();
  const take = (observation: Observation) => {
    if (only === undefined || observation.session === only) screen.show(observation);
    if (observation.kind === 'session-opened') seen.add(observation.session);
  };
  try {
    await recordings.open();
    screen.operatedBy(playback.operator(recordings.again));
    await playback.play(recordings, () => ({}), take);
  } finally {
    await recordings.close();
  }
  if (recordings.isDamaged || stop.isInterrupted) throw new ToldFailure();
  if (only !== undefined && !seen.has(only)) throw noSuchSession(only, [...seen]);
}
