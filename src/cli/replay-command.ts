// `ftpscope replay`: a recording shown again, sent to a server, or served to clients.
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { formatEndpoint } from '../protocol/endpoint.js';
import type { FtpEndpoint } from '../protocol/server-name.js';
import { escapeForTerminal } from '../protocol/wire-text.js';
import { STDIN } from '../recordings/recorded-bytes.js';
import type { RecordedFile } from '../recordings/recorded-file.js';
import { RecordedFileError } from '../recordings/recorded-file-error.js';
import { noSuchSession, PasswordMasked, ReplayError } from '../replay/replay-error.js';
import { TooManyAtOnce } from '../replay/session/recorded-sessions.js';
import { examplesText, statusText } from './options/help-page.js';
import { CouldNotRun, ToldFailure, UsageError } from './program/errors.js';
import type { Notices } from './program/notices.js';
import { askSecret, canAsk } from './program/secret-prompt.js';
import type { Stop } from './program/stop.js';
import { LONGEST_TIMER_MS } from './program/timers.js';
import { hideCommandLine, PASSWORD_VARIABLE } from './recordings/given-password.js';
import { withJunit } from './recordings/junit-file.js';
import { refuseStdinTwice, refuseToWriteWhatIsRead } from './recordings/read-options.js';
import { addReplayOptions, checkReplayOptions, type ReplayCommandOptions } from './recordings/replay-options.js';
import { withPrinting } from './screen/console-session.js';
import { type ReadingConsole, withReadingConsole } from './screen/reading-console.js';

export function addReplayCommand(command: Command, call: string): void {
  command
    .description(
      'Replays a recording, a transcript (with its payloads) or a packet capture: shows it, sends it to a server and compares ' +
        '(--to), or answers clients from it (--serve).',
    )
    .argument(
      '<file...>',
      'transcripts or captures (pcap, pcapng; captures as one), packed with gzip or not; - is stdin',
    );
  addReplayOptions(command);
  command
    .addHelpText('after', () => examples(call))
    .action((files: readonly string[], options: ReplayCommandOptions) => {
      checkReplayOptions(options);
      refuseStdinTwice(files);
      return replay(files, options);
    });
}

function examples(call: string): string {
  const text = examplesText([
    [`${call} replay session.ndjson --speed 10`, 'shows it again, ten times as fast'],
    [
      `${call} replay capture.pcap --to ftp://127.0.0.1:2100 --password-file secret.txt`,
      'sends the recorded commands to that server, and compares its answers',
    ],
    [`${call} replay session.ndjson --to ftp://127.0.0.1 --dry-run`, 'shows what would be sent'],
    [
      `${call} replay capture.pcap --to ftp://127.0.0.1:2100 --password-file secret.txt --junit replay.xml`,
      'the same as a report of tests, for CI',
    ],
    [`${call} replay capture.pcap --serve 127.0.0.1:2121`, 'answers clients as the recorded server did'],
  ]);
  const status =
    '0 as recorded, 1 something that matters differs (--strict: anything), 2 wrong usage, 3 could not run (no such session, no server)';
  return `${text}\n\n${statusText(status)}`;
}

async function replay(files: readonly string[], options: ReplayCommandOptions): Promise<void> {
  const { to, serve } = options;
  if (options.password !== undefined) hideCommandLine('replay');
  if (to !== undefined) {
    const { replayAsClient } = await import('./recordings/replay-as-client.js');
    return withPrinting(options, (session) =>
      sayingWhyNot(options, session.print, () =>
        withJunit(options.junit, files.join(', '), (junit) =>
          withRecording(files, options, session.notices, (recording) =>
            replayAsClient(recording, to, options, {
              ...session,
              ...asking(to, options, session.stop),
              ...(junit === undefined ? {} : { junit }),
            }),
          ),
        ),
      ),
    );
  }
  if (serve !== undefined) {
    refuseToWriteWhatIsRead(files, options.transcript);
    const { replayAsServer } = await import('./replay-as-server.js');
    return withPrinting(options, (session) =>
      sayingWhyNot(options, session.print, () =>
        withRecording(files, options, session.notices, (recording) =>
          replayAsServer(recording, serve, options, session),
        ),
      ),
    );
  }
  const usesStdin = files.includes(STDIN);
  const name = files.map((file) => basename(file)).join(', ');
  return withReadingConsole(options, { title: `replay of ${name}`, usesStdin }, async (session) => {
    const { screen, notices } = session;
    if (screen !== undefined) {
      const { replayOnScreen } = await import('./screen/replay-on-screen.js');
      const playing = replayOnScreen(files, options, { ...session, screen }, !usesStdin);
      return playing.catch((error: unknown) => Promise.reject(asToldToUsers(files, error)));
    }
    return withRecording(files, options, notices, (recording) => show(recording, options, session));
  });
}

/** A password that is missing is asked for where somebody sits before a terminal. */
function asking(
  to: FtpEndpoint,
  { user }: ReplayCommandOptions,
  { asked }: Stop,
): { askPassword?: () => Promise<string> } {
  if (!canAsk()) return {};
  const whose = user === undefined ? '' : ` of ${escapeForTerminal(user)}`;
  return { askPassword: () => askSecret(`Password${whose} for ${formatEndpoint(to)}: `, asked) };
}

/** Who reads --json reads there, too, why there is no result. */
async function sayingWhyNot(
  { json }: ReplayCommandOptions,
  print: (text: string) => void,
  run: () => Promise<void>,
): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (json && error instanceof CouldNotRun) print(`${JSON.stringify({ error: error.message })}\n`);
    throw error;
  }
}

async function withRecording(
  files: readonly string[],
  options: ReplayCommandOptions,
  notices: Notices,
  act: (recording: RecordedFile) => Promise<void>,
): Promise<void> {
  const { openRecordedTogether } = await import('../recordings/joined-recordings.js');
  const livesAgain = options.to !== undefined || options.serve !== undefined;
  // What is sent is read twice, and told of once.
  const told = new Set<string>();
  const notice = (line: string) => {
    if (!told.has(line)) notices.warn(line);
    told.add(line);
  };
  try {
    const recording = await openRecordedTogether(files, {
      rereadable: options.to !== undefined,
      keepPayloads: livesAgain,
      // What is sent again has to be known; what is shown is masked.
      showSecrets: options.to !== undefined,
      ...(options.payloads === undefined || options.transcript !== undefined
        ? {}
        : { payloadFolder: options.payloads }),
      ...(options.port === undefined ? {} : { ports: options.port }),
      ...(options.keylog === undefined ? {} : { keyLog: options.keylog }),
      notice,
    });
    try {
      await act(recording);
    } finally {
      await recording.close();
    }
  } catch (error) {
    throw asToldToUsers(files, error);
  }
}

async function show(recording: RecordedFile, options: ReplayCommandOptions, console: ReadingConsole): Promise<void> {
  const { view, stop, flush } = console;
  const { playBack } = await import('../replay/playback/playback.js');
  const ending = new AbortController();
  void stop.asked.then(() => ending.abort());
  const only = options.session ?? null;
  const { shown, sessions } = await playBack(recording.observations(), {
    speed: options.speed ?? 1,
    maxPauseMs: options.maxPause,
    only,
    show: view.show,
    flush: () => Promise.race([flush(), stop.asked]),
    wait: (ms) => waited(ms, ending.signal),
    now: () => performance.now(),
    stop: ending.signal,
  });
  view.end();
  await Promise.race([flush(), stop.asked]);
  if (stop.isInterrupted) throw new ToldFailure();
  if (ending.signal.aborted || shown > 0) return;
  throw only === null
    ? new ReplayError('there is nothing to show: no session is in it')
    : noSuchSession(only, sessions);
}

/** A wait longer than a timer of Node can be is done in pieces. */
async function waited(ms: number, signal: AbortSignal): Promise<void> {
  for (let left = ms; left > 0 && !signal.aborted; left -= LONGEST_TIMER_MS) {
    await delay(Math.min(left, LONGEST_TIMER_MS), undefined, { signal }).catch(() => {});
  }
}

function asToldToUsers(files: readonly string[], error: unknown): unknown {
  const file = files.join(', ');
  if (error instanceof PasswordMasked)
    return new UsageError(
      `${file}: ${error.message}; give one with --password-file, in ${PASSWORD_VARIABLE}, or on a terminal`,
    );
  if (error instanceof ReplayError) return new CouldNotRun(`${file}: ${error.message}`);
  if (error instanceof TooManyAtOnce) return new CouldNotRun(`${file}: ${error.message}; choose one with --session`);
  if (error instanceof RecordedFileError) {
    return error.fault === 'unreadable' ? new UsageError(error.message) : new CouldNotRun(error.message);
  }
  return error;
}
