// What a command has around it that shows recordings: stdout that is waited for, stderr for notices and for how far it is, an end when it
// is asked for.
import { writeToStderr } from './console-session.js';
import { Failure } from './errors.js';
import { Notices } from './notices.js';
import { Progress } from './progress.js';
import { Stop } from './stop.js';
import { chooseView, type View, type ViewOptions, wantsColour } from './view.js';
import { WaitingOutput } from './waiting-output.js';

export interface ReadingConsole {
  readonly notices: Notices;
  readonly view: View;
  readonly stop: Stop;
  /** Writes what the view has shown, and waits until there is room for more. */
  flush(): Promise<void>;
  /** Counts bytes that are read; drawn where that does not disturb. */
  progress(totalBytes: number | null, showsData: boolean): Progress;
}

/** As `withConsole`, for what can wait. */
export async function withReadingConsole(
  options: ViewOptions,
  command: (session: ReadingConsole) => Promise<void>,
): Promise<void> {
  const stop = new Stop();
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
  const colour = wantsColour(process.stdout.isTTY, process.env);
  const view = chooseView({ ...options, dated: true }, colour, (text) => output.write(text));
  const draws = process.stderr.isTTY && !options.quiet;
  try {
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
  } finally {
    stop.release();
  }
  if (broken !== null) throw new Failure(`cannot write to stdout: ${broken}`);
}
