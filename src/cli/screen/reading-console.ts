// What a command has around it that shows recordings: the dashboard, or stdout that is waited for and stderr for notices and for how far it
// is; an end when it is asked for.
import { wantsColor } from '../program/colors.js';
import { Failure } from '../program/errors.js';
import { Notices } from '../program/notices.js';
import { Progress } from '../program/progress.js';
import { Stop } from '../program/stop.js';
import { openTerminalKeys } from '../program/terminal-keys.js';
import { chooseView, type View, type ViewOptions, wantsDashboard } from '../program/view.js';
import { WaitingOutput } from '../program/waiting-output.js';
import { yieldToOthers } from '../program/yield-to-others.js';
import { withDashboard, writeToStderr } from './console-session.js';
import type { DashboardView } from './dashboard-view.js';

export interface ReadingConsole {
  readonly notices: Notices;
  readonly view: View;
  readonly stop: Stop;
  /** Where the recording is played; absent when it is printed. */
  readonly screen?: DashboardView;
  /** Writes what the view has shown, and waits until there is room for more. */
  flush(): Promise<void>;
  /** Counts bytes that are read; drawn where that does not disturb. */
  progress(totalBytes: number | null, showsData: boolean): { add(bytes: number): void; erase(): void };
}

export interface ConsoleReading {
  /** What the dashboard says it shows. */
  readonly title: string;
  /** The data comes through stdin, and keys do not. */
  readonly usesStdin: boolean;
}

/** As `withConsole`, for what can wait. */
export async function withReadingConsole(
  options: ViewOptions,
  { title, usesStdin }: ConsoleReading,
  command: (session: ReadingConsole) => Promise<void>,
): Promise<void> {
  const { stdin, stdout, env } = process;
  const stop = new Stop();
  const hasKeys = usesStdin ? !stdin.isTTY : stdin.isTTY;
  const wantsScreen = wantsDashboard(options, { stdin: { isTTY: hasKeys }, stdout, env });
  const keys = wantsScreen && usesStdin ? openTerminalKeys() : undefined;
  try {
    if (wantsScreen && keys !== null) {
      await withDashboard(options, { title, ...(keys === undefined ? {} : { keys }) }, stop, ({ notices, view }) =>
        command({ notices, view, stop, screen: view, flush: yieldToOthers, progress: () => UNTOLD }),
      );
    } else await withWaitingStdout(options, stop, command);
  } finally {
    keys?.destroy();
    stop.release();
  }
}

const UNTOLD = { add: () => {}, erase: () => {} };

async function withWaitingStdout(
  options: ViewOptions,
  stop: Stop,
  command: (session: ReadingConsole) => Promise<void>,
): Promise<void> {
  let broken: string | null = null;
  const output = new WaitingOutput(process.stdout, (reason) => {
    broken = reason;
    stop.ask();
  });
  let progress: Progress | null = null;
  const say = writeToStderr();
  const notices = new Notices((text) => {
    progress?.erase();
    say(text);
  }, options.quiet ?? false);
  const colour = wantsColor(process.stdout.isTTY, process.env, options.color);
  const view = chooseView({ ...options, dated: true }, colour, (text) => output.write(text));
  const draws = process.stderr.isTTY && !options.quiet;
  await command({
    notices,
    view,
    stop,
    flush: () => output.flush(),
    progress: (totalBytes, showsData) => {
      const write = draws && !(showsData && process.stdout.isTTY) ? say : null;
      progress = new Progress({ write, totalBytes, now: () => performance.now() });
      return progress;
    },
  });
  if (broken !== null) throw new Failure(`cannot write to stdout: ${broken}`);
}
