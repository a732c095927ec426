// What every command that relays has around its proxy: stdout for the data, stderr for notices, an end when it is asked
// for. Commands bring what they do in between.
import { DataOutput } from './data-output.js';
import { Failure } from './errors.js';
import { Notices } from './notices.js';
import { Stop } from './stop.js';
import { chooseView, type View, type ViewOptions, wantsColour } from './view.js';

export interface ConsoleSession {
  readonly notices: Notices;
  readonly view: View;
  /** Writes to stdout what is no observation. */
  readonly print: (text: string) => void;
  readonly stop: Stop;
}

/**
 * Runs `command` with the process's own streams and signals. Rejects with what `command` rejects with, and with a
 * Failure when stdout took no more; a reader of stdout that went away is no failure.
 */
export async function withConsole(
  options: ViewOptions,
  command: (session: ConsoleSession) => Promise<void>,
): Promise<void> {
  const notices = new Notices(writeToStderr(), options.quiet ?? false);
  const stop = new Stop();
  let broken: string | null = null;
  const output = new DataOutput(process.stdout, {
    ended: (reason) => {
      broken = reason;
      stop.ask();
    },
    leavingOut: () => notices.error('stdout is read too slowly: observations are left out of it until it is read'),
    leftOut: (count) => notices.error(`${count} observations were left out of stdout, and of stdout alone`),
  });
  const print = (text: string) => output.write(text);
  const view = chooseView(options, wantsColour(process.stdout.isTTY, process.env), print);
  try {
    await command({ notices, view, print, stop });
  } finally {
    output.close();
    stop.release();
  }
  if (broken !== null) throw new Failure(`cannot write to stdout: ${broken}`);
}

/** For what is said apart from the data. */
export function writeToStderr(): (text: string) => void {
  // Nobody is left to be told when stderr is gone.
  process.stderr.on('error', () => {});
  return (text) => void process.stderr.write(text);
}
