// A recording in the dashboard: what is read waits for its turn, and the one who looks pauses, steps, seeks and changes the speed. Says in
// the status line how it stands.
import type { PlaybackChange } from '../../dashboard/viewer/action.js';
import type { Observation } from '../../dialogue/observation.js';
import type { RecordedFile } from '../../recordings/recorded-file.js';
import { LEAST_WAIT_MS } from '../../replay/playback/playback.js';
import { PlaybackPace } from '../../replay/playback/playback-pace.js';
import { localClock } from '../../words/times.js';
import { howFar } from '../program/progress.js';
import { LONGEST_TIMER_MS } from '../program/timers.js';
import type { Operator } from './dashboard-view.js';
import type { Recordings, Take } from './read-recordings.js';
import type { ReadingConsole } from './reading-console.js';

/** As much of the dashboard as a recording is played on. */
interface PlaybackScreen {
  /** Forgets what was shown. */
  startAnew(): void;
  playing(state: string): void;
  say(message: string): void;
}

export interface ScreenPlaybackOptions {
  readonly screen: PlaybackScreen;
  /** How many times as fast as it was recorded; Infinity for everything at once. */
  readonly speed: number;
  /** No recorded pause counts as a longer one. Default: as recorded. */
  readonly maxPauseMs?: number | undefined;
  /** What came through a pipe, or is being written down as it is shown, cannot be read from its beginning again. */
  readonly rereadable: boolean;
  /** Observations that are to be shown; others are passed over, and not waited for. Without any, playing ends. Default: all. */
  readonly wants?: (observation: Observation) => boolean;
  /** Milliseconds, from any start. Default: the system's clock. */
  readonly now?: () => number;
}

export class ScreenPlayback {
  private readonly pace: PlaybackPace;
  private wake: () => void = () => {};
  private isLeft = false;
  private read = '';
  private hasEnded = false;

  /** Ends all waiting when `left` resolves. */
  constructor(
    private readonly options: ScreenPlaybackOptions,
    left: Promise<void>,
  ) {
    const { speed, maxPauseMs, now = () => performance.now() } = options;
    this.pace = new PlaybackPace({ speed, maxPauseMs, now });
    options.screen.playing('opening');
    void left.then(() => {
      this.isLeft = true;
      this.wake();
    });
  }

  /** What is being read is not to be read on: something before it is sought, or nobody looks any more. */
  private get isOver(): boolean {
    return this.isLeft || this.pace.isToBeginAgain;
  }

  /** What the one who looks can have done with what is played. */
  operator({ again, payload, holdsCapture }: Pick<Recordings, 'again' | 'payload' | 'holdsCapture'>): Operator {
    const { rereadable } = this.options;
    const capture = rereadable && holdsCapture;
    return {
      abilities: {
        kill: false,
        payloads: true,
        capture,
        replay: true,
        playback: true,
        readBack: rereadable,
        endsSessions: false,
      },
      payloads: payload,
      act: (action) => action.kind === 'playback' && this.change(action.change),
      ...(rereadable ? { recorded: again } : {}),
      ...(capture ? { recaptured: again } : {}),
    };
  }

  /** Shows everything, again whenever something before it is sought, until nobody looks any more. */
  async play(recordings: Recordings, reading: Parameters<Recordings['read']>[0], take: Take): Promise<void> {
    const { wants } = this.options;
    const paced: Take = (observation, from) => {
      if (wants !== undefined && !wants(observation)) return;
      const show = () => (this.isOver ? undefined : this.shows(take, observation, from));
      const turn = this.turn(observation.at);
      return turn === undefined ? show() : turn.then(show);
    };
    do {
      this.pace.begin();
      this.options.screen.startAnew();
      await recordings.read(reading, paced, () => this.isOver);
      // There is nothing to look at, and why not is said where it stays.
      if (this.pace.recordedAt === null && (recordings.isDamaged || wants !== undefined)) return;
    } while (await this.again(recordings.isDamaged ? 'read as far as it is whole' : 'all read'));
  }

  private change(change: PlaybackChange): void {
    const { screen, rereadable } = this.options;
    if (change.kind === 'seek' && change.byMs < 0 && !rereadable) {
      screen.say('this cannot be read again: give a file, without -w and --payloads, to go back');
      return;
    }
    this.apply(change);
    this.tell();
    this.wake();
  }

  /** Counts what is read, for those who wait; `shows`: it is shown, and not only looked through for what a filter matches. */
  readonly progress: ReadingConsole['progress'] = (totalBytes, shows) => {
    let bytes = 0;
    return {
      add: (more) => {
        bytes += more;
        this.stateIs(`${howFar(bytes, totalBytes)} ${shows ? 'read' : 'searched'}`);
      },
      erase: () => this.stateIs(''),
    };
  };

  /** Resolves when the observation recorded at that time may be shown, or is not to be any more; undefined when at once. */
  private turn(at: number): Promise<void> | undefined {
    if (this.isOver || this.pace.waitMs(at) < LEAST_WAIT_MS) return undefined;
    return this.waitFor(at);
  }

  private shows(take: Take, observation: Observation, from: RecordedFile): ReturnType<Take> {
    this.pace.shown(observation.at);
    return take(observation, from);
  }

  /** Everything has been shown. Waits until it is to be read from the beginning again; false: nobody looks any more. */
  private async again(state: string): Promise<boolean> {
    this.hasEnded = true;
    this.stateIs(state);
    while (!this.isOver) await this.changed(null);
    this.hasEnded = false;
    return !this.isLeft;
  }

  private apply(change: PlaybackChange): void {
    switch (change.kind) {
      case 'pause':
        return this.pace.pause();
      case 'step':
        return this.pace.step();
      case 'speed':
        return this.pace.speedBy(change.factor);
      case 'seek':
        return this.pace.seek(change.byMs);
    }
  }

  private async waitFor(at: number): Promise<void> {
    for (;;) {
      const ms = this.isOver ? 0 : this.pace.waitMs(at);
      if (ms < LEAST_WAIT_MS) return;
      this.tell();
      await this.changed(ms === Infinity ? null : ms);
    }
  }

  /** Waits for a change, and no longer than that; null: as long as it takes. */
  private async changed(ms: number | null): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      if (ms !== null) timer = setTimeout(resolve, Math.min(ms, LONGEST_TIMER_MS));
    });
    clearTimeout(timer);
  }

  private stateIs(read: string): void {
    this.read = read;
    this.tell();
  }

  private tell(): void {
    const { isPaused, speed, recordedAt } = this.pace;
    const isSeeking = this.pace.isToBeginAgain || (this.pace.isSeeking && !this.hasEnded);
    const isTimed = recordedAt !== null && (isPaused || speed < Infinity);
    const when = isTimed ? localClock(recordedAt) : this.read;
    const how = isSeeking ? 'seeking' : isPaused ? 'paused' : speedWords(speed);
    this.options.screen.playing([how, when].filter(Boolean).join(' '));
  }
}

/** `10x`, `1/16x`; nothing for everything at once. */
function speedWords(speed: number): string {
  if (speed === Infinity) return '';
  return speed < 1 ? `1/${Math.round(1 / speed)}x` : `${speed}x`;
}
