// `ftpscope replay FILE` in a terminal: the recording in the dashboard, as fast as it went by or at the speed that was asked for.
import type { Observation } from '../../dialogue/observation.js';
import { MAX_KEPT_NUMBERS, noSuchSession } from '../../replay/replay-error.js';
import { ToldFailure } from '../program/errors.js';
import type { ReplayCommandOptions } from '../recordings/replay-options.js';
import type { DashboardView } from './dashboard-view.js';
import { ScreenPlayback } from './playback.js';
import { Recordings } from './read-recordings.js';
import type { ReadingConsole } from './reading-console.js';

const AS_RECORDED = 1;

/** `rereadable`: the file can be read from its beginning again. Rejects as reading a recording does. */
export async function replayOnScreen(
  files: readonly string[],
  { port, keylog, session: only, speed = AS_RECORDED, maxPause: maxPauseMs }: ReplayCommandOptions,
  console: ReadingConsole & { readonly screen: DashboardView },
  rereadable: boolean,
): Promise<void> {
  const { screen, stop } = console;
  const seen = new Set<number>();
  const wants = ({ session }: Observation) => {
    if (seen.size < MAX_KEPT_NUMBERS) seen.add(session);
    return session === only;
  };
  const picked = only === undefined ? {} : { wants };
  const playback = new ScreenPlayback({ screen, speed, maxPauseMs, rereadable, ...picked }, stop.asked);
  const recordings = new Recordings(
    { files, filter: null, ports: port ?? [], showSecrets: false, keyLog: keylog, isPlayed: true, findings: true },
    { ...console, progress: playback.progress },
  );
  try {
    await recordings.open();
    screen.operatedBy(playback.operator(recordings));
    await playback.play(recordings, () => ({}), screen.show);
  } finally {
    await recordings.close();
  }
  if (recordings.isDamaged || stop.isInterrupted) throw new ToldFailure();
  if (only !== undefined && seen.size < MAX_KEPT_NUMBERS && !seen.has(only)) throw noSuchSession(only, [...seen]);
}
