// A recording played in the dashboard: what waits, what is shown again, and what the status line says of it.
import { expect, test } from 'vitest';
import { Notices } from '../../../src/cli/program/notices.js';
import { Stop } from '../../../src/cli/program/stop.js';
import { ScreenPlayback, type ScreenPlaybackOptions } from '../../../src/cli/screen/playback.js';
import { Recordings } from '../../../src/cli/screen/read-recordings.js';
import type { PlaybackChange } from '../../../src/dashboard/viewer/action.js';
import type { Observation } from '../../../src/dialogue/observation.js';
import { parseFilter } from '../../../src/filter/parse-filter.js';
import { SessionFilter } from '../../../src/filter/session-filter.js';
import { localClock } from '../../../src/words/times.js';
import { ObservedSession } from '../../dashboard/session.js';
import { transcriptFile } from '../transcripts.js';

const SECOND = 1000;

/** Three sessions, ten seconds from one to the next, of three observations each, a millisecond apart. */
function threeSessions(): ObservedSession[] {
  return [1, 2, 3].map((number) => new ObservedSession(number, '10.0.0.1', number * 10 * SECOND).greeted().closed());
}

interface Show {
  readonly file?: string;
  readonly filter?: string;
  readonly options?: Partial<ScreenPlaybackOptions>;
}

/** Plays a transcript; `shown` is what the screen shows since it was last cleared. */
function play({ file = transcriptFile(threeSessions()), filter, options = {} }: Show = {}) {
  const stop = new Stop();
  const screen = { shown: [] as Observation[], state: '', said: [] as string[], notices: '' };
  let heard = () => {};
  const playback = new ScreenPlayback(
    {
      speed: Infinity,
      rereadable: true,
      screen: {
        startAnew: () => screen.shown.splice(0),
        playing: (state) => {
          screen.state = state;
          heard();
        },
        say: (message) => screen.said.push(message),
      },
      ...options,
    },
    stop.asked,
  );
  const parsed = filter === undefined ? null : parseFilter(filter);
  const recordings = new Recordings(
    {
      files: [file],
      filter: parsed?.kind === 'filter' ? new SessionFilter(parsed.expression) : null,
      ports: [],
      showSecrets: false,
      isPlayed: true,
      findings: true,
    },
    {
      notices: new Notices((text) => (screen.notices += text), false),
      stop,
      flush: async () => {},
      progress: playback.progress,
    },
  );
  const { act, abilities } = playback.operator(recordings);
  const played = recordings.open().then(() =>
    playback.play(
      recordings,
      () => ({}),
      (observation) => void screen.shown.push(observation),
    ),
  );
  return {
    screen,
    abilities,
    recordings,
    does: (change: PlaybackChange) => act({ kind: 'playback', change }),
    /** Resolves when the status line says it. */
    says: async (state: string | RegExp) => {
      while (typeof state === 'string' ? screen.state !== state : !state.test(screen.state)) {
        await new Promise<void>((resolve) => (heard = resolve));
      }
      // What is said while something is taken is said before it is shown.
      await new Promise(setImmediate);
      return screen.shown.map(({ session, kind }) => `${session} ${kind}`);
    },
    leaves: async () => {
      stop.ask();
      await played;
      await recordings.close();
      stop.release();
    },
  };
}

const ALL = [1, 2, 3].flatMap((n) => [`${n} session-opened`, `${n} reply`, `${n} session-closed`]);

test('everything at once; back from the end, step by step, and on', async () => {
  const { says, does, leaves, screen } = play();
  expect(await says('all read')).toEqual(ALL);
  does({ kind: 'seek', byMs: -10 * SECOND });
  expect(await says(`paused ${localClock(20_003)}`)).toEqual(ALL.slice(0, 6));
  does({ kind: 'step' });
  expect(await says(`paused ${localClock(30_001)}`)).toEqual(ALL.slice(0, 7));
  does({ kind: 'seek', byMs: -10 * SECOND });
  expect(await says(`paused ${localClock(20_001)}`)).toEqual(ALL.slice(0, 4));
  does({ kind: 'pause' });
  expect(await says('all read')).toEqual(ALL);
  expect(screen.said).toEqual([]);
  await leaves();
});

test('as fast as it was recorded, by the clock', async () => {
  let now = 0;
  const { says, does, leaves } = play({ options: { speed: 1024, now: () => now } });
  await says(`1024x ${localClock(10_003)}`);
  now += 10;
  expect(await says(`1024x ${localClock(20_003)}`)).toEqual(ALL.slice(0, 6));
  does({ kind: 'speed', factor: 1 / 1024 });
  await says(`1x ${localClock(20_003)}`);
  does({ kind: 'seek', byMs: 60 * SECOND });
  expect(await says(`1x ${localClock(30_003)}`)).toEqual(ALL);
  await leaves();
});

test('whoever leaves while it stands still is not held up', async () => {
  const { says, does, leaves } = play();
  await says('all read');
  does({ kind: 'seek', byMs: -10 * SECOND });
  await says(/^paused/);
  await leaves();
});

test('a filter given at the start holds when it is read again', async () => {
  const { says, does, leaves } = play({ filter: '~code 220 & !~src 10.0.0.9' });
  await says('all read');
  does({ kind: 'seek', byMs: -10 * SECOND });
  expect(await says(`paused ${localClock(20_003)}`)).toEqual(ALL.slice(0, 6));
  await leaves();
});

test('what cannot be read again does not go back, and says so', async () => {
  const { says, does, leaves, screen, abilities } = play({ options: { rereadable: false } });
  await says('all read');
  does({ kind: 'seek', byMs: -10 * SECOND });
  expect(screen.said).toEqual(['this cannot be read again: give a file, without -w and --payloads, to go back']);
  expect(screen.shown).toHaveLength(ALL.length);
  expect(abilities).toMatchObject({ playback: true, readBack: false });
  await leaves();
});

test('damage is told once, however often it is read', async () => {
  const { says, does, leaves, screen, recordings } = play({
    file: transcriptFile(threeSessions(), '{"kind":"reply"}\n{}\n'),
  });
  expect(await says('read as far as it is whole')).toEqual(ALL);
  does({ kind: 'seek', byMs: -10 * SECOND });
  await says(/^paused/);
  does({ kind: 'pause' });
  await says('read as far as it is whole');
  expect(screen.notices.match(/^ftpscope: .*line \d+ is no whole observation.*$/gm)).toHaveLength(1);
  expect(recordings.isDamaged).toBe(true);
  await leaves();
});
