// What every command that relays has around its proxy: stdout for the data, stderr for notices, an end when it is asked
// for. Commands bring what they do in between.
import { wantsColor } from '../program/colors.js';
import { DataOutput } from '../program/data-output.js';
import { Failure } from '../program/errors.js';
import { Notices } from '../program/notices.js';
import { Stop } from '../program/stop.js';
import { endWithLastWords, unblock } from '../program/unblocked.js';
import { chooseView, type View, type ViewOptions, wantsDashboard } from '../program/view.js';
import type { DashboardView, DashboardViewOptions, Operator } from './dashboard-view.js';

export interface ConsoleSession {
  readonly notices: Notices;
  readonly view: View;
  readonly stop: Stop;
  /** Lets whoever looks at the dashboard act on what is shown; absent when there is no dashboard. */
  readonly operatedBy?: (operator: Operator) => void;
}

/** Of a command that has more to say on stdout than observations. */
export interface PrintingSession extends ConsoleSession {
  readonly print: (text: string) => void;
}

interface DashboardSession extends ConsoleSession {
  readonly view: DashboardView;
}

/**
 * Runs `command` with the process's own streams and signals. `title` says what is looked at. Rejects with what `command` rejects
 * with, and with a Failure when stdout took no more; a reader of stdout that went away is no failure.
 */
export async function withConsole(
  options: ViewOptions,
  title: string,
  command: (session: ConsoleSession) => Promise<void>,
): Promise<void> {
  await live(async (stop) => {
    if (wantsDashboard(options, process)) await withDashboard(options, { title }, stop, command);
    else await withStdout(options, stop, command);
  });
}

/** As `withConsole`, without a dashboard. */
export async function withPrinting(
  options: ViewOptions,
  command: (session: PrintingSession) => Promise<void>,
): Promise<void> {
  await live((stop) => withStdout(options, stop, command));
}

/** With the process's signals, and with its streams, whose readers hold nothing up. */
async function live(run: (stop: Stop) => Promise<void>): Promise<void> {
  const stop = new Stop();
  unblock(process.stdout);
  unblock(process.stderr);
  try {
    await run(stop);
  } finally {
    if (stop.isInterrupted) endWithLastWords();
    stop.release();
  }
}

/** The dashboard has the terminal; what is said meanwhile is said on stderr when it is closed. */
export async function withDashboard(
  options: ViewOptions,
  { keys, ...shown }: Pick<DashboardViewOptions, 'title' | 'keys'>,
  stop: Stop,
  command: (session: DashboardSession) => Promise<void>,
): Promise<void> {
  const { keepSessions, color } = options;
  const { DashboardView } = await import('./dashboard-view.js');
  const view = new DashboardView({
    ...shown,
    ...(keys === undefined ? {} : { keys }),
    ...(keepSessions === undefined ? {} : { keepSessions }),
    environment: process.env,
    colors: wantsColor(true, process.env, color),
    quit: () => stop.ask(),
  });
  const notices = new Notices((text, said) => view.notice(text, said), options.quiet ?? false);
  reportIgnoredSignals(stop, notices);
  try {
    await command({ notices, view, stop, operatedBy: (operator) => view.operatedBy(operator) });
  } finally {
    const write = writeToStderr();
    for (const text of view.close()) write(text);
  }
}

async function withStdout(
  options: ViewOptions,
  stop: Stop,
  command: (session: PrintingSession) => Promise<void>,
): Promise<void> {
  const notices = new Notices(writeToStderr(), options.quiet ?? false);
  let broken: string | null = null;
  const output = new DataOutput(process.stdout, {
    ended: (reason) => {
      broken = reason;
      stop.ask();
    },
    leavingOut: () => notices.error('stdout is read too slowly: observations are left out of it until it is read'),
    leftOut: (count) => notices.error(`${count} observations were left out of stdout, and of stdout alone`),
  });
  reportIgnoredSignals(stop, notices);
  const print = (text: string) => output.write(text);
  const view = chooseView(options, wantsColor(process.stdout.isTTY, process.env, options.color), print);
  try {
    await command({ notices, view, print, stop });
  } finally {
    output.close();
  }
  if (broken !== null) throw new Failure(`cannot write to stdout: ${broken}`);
}

function reportIgnoredSignals(stop: Stop, notices: Notices): void {
  stop.reportIgnored((signal) => notices.warn(`${signal} is ignored: transcripts rotate with --rotate, SIGTERM ends`));
}

/** Characters on stderr that nobody has read; what is said beyond them nobody would read. */
const MAX_PENDING_NOTICES = 1024 * 1024;

/** For what is said apart from the data. */
export function writeToStderr(): (text: string) => void {
  // Nobody is left to be told when stderr is gone.
  process.stderr.on('error', () => {});
  return (text) => {
    if (process.stderr.writableLength < MAX_PENDING_NOTICES) process.stderr.write(text);
  };
}
