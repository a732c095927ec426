// Playing a recording under control, without a file and without waiting: the clock is set by hand.
import { describe, expect, test } from 'vitest';
import { PlaybackPace } from '../../../src/replay/playback/playback-pace.js';

/** A recording of observations at these times; shows whatever may be shown, as a reader would. */
class Played {
  private clock = 0;
  private next = 0;
  shown: number[] = [];
  readonly pace: PlaybackPace;

  constructor(
    private readonly times: readonly number[],
    speed: number,
    maxPauseMs?: number,
  ) {
    this.pace = new PlaybackPace({ speed, maxPauseMs, now: () => this.clock });
    this.reads();
  }

  /** Lets time go by, a millisecond at a time. */
  after(ms: number): number[] {
    for (let passed = 0; passed < ms; passed += 1) {
      this.clock += 1;
      this.reads();
    }
    return this.shown;
  }

  does(change: (control: PlaybackPace) => void): number[] {
    change(this.pace);
    this.reads();
    return this.shown;
  }

  get waitMs(): number {
    return this.pace.waitMs(this.times[this.next] ?? 0);
  }

  private reads(): void {
    if (this.pace.isToBeginAgain) {
      this.pace.begin();
      this.next = 0;
      this.shown = [];
    }
    for (; this.next < this.times.length; this.next += 1) {
      const at = this.times[this.next] ?? 0;
      if (this.pace.waitMs(at) > 0) return;
      this.pace.shown(at);
      this.shown.push(at);
    }
  }
}

const pause = (control: PlaybackPace) => control.pause();
const step = (control: PlaybackPace) => control.step();
const faster = (control: PlaybackPace) => control.speedBy(2);
const slower = (control: PlaybackPace) => control.speedBy(0.5);
const seek = (byMs: number) => (control: PlaybackPace) => control.seek(byMs);

const FIVE = [1000, 1100, 1200, 1300, 1400];

describe('as it was recorded', () => {
  test('each observation when its turn comes', () => {
    const played = new Played(FIVE, 1);
    expect(played.shown).toEqual([1000]);
    expect(played.waitMs).toBe(100);
    expect(played.after(99)).toEqual([1000]);
    expect(played.after(1)).toEqual([1000, 1100]);
    expect(played.after(300)).toEqual(FIVE);
  });

  test('ten times as fast', () => {
    expect(new Played(FIVE, 10).after(20)).toEqual([1000, 1100, 1200]);
  });

  test('what was recorded earlier than what stands before it does not wait', () => {
    expect(new Played([1000, 400, 1100], 1).shown).toEqual([1000, 400]);
  });
});

describe('pausing', () => {
  test('stands still, and goes on from there', () => {
    const played = new Played(FIVE, 1);
    played.after(50);
    expect(played.does(pause)).toEqual([1000]);
    expect([played.pace.isPaused, played.waitMs]).toEqual([true, Infinity]);
    expect(played.after(1000)).toEqual([1000]);
    played.does(pause);
    expect(played.after(49)).toEqual([1000]);
    expect(played.after(1)).toEqual([1000, 1100]);
  });

  test('a step shows one observation, and stands still', () => {
    const played = new Played(FIVE, 1);
    expect(played.does(step)).toEqual([1000, 1100]);
    expect(played.does(step)).toEqual([1000, 1100, 1200]);
    expect(played.after(1000)).toEqual([1000, 1100, 1200]);
  });
});

describe('speed', () => {
  test('doubles and halves, what went by counting as it was', () => {
    const played = new Played(FIVE, 1);
    played.after(50);
    played.does(faster);
    expect([played.pace.speed, played.waitMs]).toEqual([2, 25]);
    played.does(slower);
    expect([played.pace.speed, played.waitMs]).toEqual([1, 50]);
  });

  test('ends at everything at once, from where slower is as it was recorded', () => {
    const played = new Played(FIVE, 1024);
    expect(played.does(faster)).toEqual(FIVE);
    expect(played.pace.speed).toBe(Infinity);
    played.does(faster);
    expect(played.pace.speed).toBe(Infinity);
    played.does(slower);
    expect(played.pace.speed).toBe(1);
    for (let times = 0; times < 10; times += 1) played.does(slower);
    expect(played.pace.speed).toBe(1 / 16);
  });
});

describe('seeking', () => {
  test('forward: all up to there at once, then as before', () => {
    const played = new Played(FIVE, 1);
    expect(played.does(seek(250))).toEqual([1000, 1100, 1200]);
    expect(played.waitMs).toBe(50);
    expect(played.after(50)).toEqual([1000, 1100, 1200, 1300]);
  });

  test('forward where nothing happens for long: to the next that does', () => {
    const played = new Played([1000, 900_000, 900_001], 1);
    expect(played.does(seek(10_000))).toEqual([1000, 900_000]);
    expect(played.after(1)).toEqual([1000, 900_000, 900_001]);
  });

  test('back: from the beginning again up to there', () => {
    const played = new Played(FIVE, 1);
    played.after(400);
    expect(played.does(seek(-150))).toEqual([1000, 1100, 1200]);
    expect(played.after(50)).toEqual([1000, 1100, 1200, 1300]);
  });

  test('back before the beginning: the first observation', () => {
    const played = new Played(FIVE, 1);
    played.after(400);
    expect(played.does(seek(-10_000))).toEqual([1000]);
  });

  test('back from the end of what was shown at once: stands still there, and steps', () => {
    const played = new Played(FIVE, Infinity);
    expect(played.shown).toEqual(FIVE);
    expect(played.does(seek(-100))).toEqual([1000, 1100, 1200, 1300]);
    expect(played.pace.isPaused).toBe(true);
    expect(played.does(seek(-100))).toEqual([1000, 1100, 1200]);
    expect(played.does(step)).toEqual([1000, 1100, 1200, 1300]);
    expect(played.does(pause)).toEqual(FIVE);
  });

  test('while it stands it goes on standing', () => {
    const played = new Played(FIVE, 1);
    played.does(pause);
    expect(played.does(seek(200))).toEqual([1000, 1100, 1200]);
    expect(played.after(1000)).toEqual([1000, 1100, 1200]);
    expect(played.does(seek(-100))).toEqual([1000, 1100]);
    expect(played.after(1000)).toEqual([1000, 1100]);
  });

  test('several times before anything could be read adds up', () => {
    const played = new Played(FIVE, Infinity);
    played.pace.seek(-100);
    expect(played.does(seek(-100))).toEqual([1000, 1100, 1200]);
  });

  test('before anything was shown does nothing', () => {
    const control = new PlaybackPace({ speed: 1, now: () => 0 });
    control.seek(-1000);
    control.seek(1000);
    expect([control.isToBeginAgain, control.recordedAt]).toEqual([false, null]);
  });
});

test('no pause counts as a longer one than --max-pause', () => {
  const played = new Played([1000, 61_000, 61_010, 99_000], 2, 100);
  expect(played.after(49)).toEqual([1000]);
  expect(played.after(1)).toEqual([1000, 61_000]);
  expect(played.after(5)).toEqual([1000, 61_000, 61_010]);
  expect(played.after(50)).toEqual([1000, 61_000, 61_010, 99_000]);
});
