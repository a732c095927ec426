// `ftpscope read`: shows what was recorded, by the proxy or by others, as if it happened now.
import { basename } from 'node:path';
import type { Command } from 'commander';
import type { Observation } from '../dialogue/observation.js';
import { RecordingError } from '../dialogue/recording-error.js';
import { FILTER_OPERATORS } from '../filter/filter-terms.js';
import { STDIN } from '../recordings/recorded-bytes.js';
import type { RecordedFile } from '../recordings/recorded-file.js';
import { MAX_KEPT_NUMBERS, noSuchSession } from '../replay/replay-error.js';
import { examplesText, itemsText, statusText } from './options/help-page.js';
import { addDiagnosisOptions, addViewOptions, appended, option, parsed } from './options/options.js';
import { parseCount, parseSourcePort } from './options/values.js';
import { Failure, ToldFailure, UsageError } from './program/errors.js';
import { FailOn } from './program/fail-on.js';
import { GroupedView } from './program/grouped-view.js';
import type { ViewOptions } from './program/view.js';
import { anonymiseOption, givenPseudonyms } from './recordings/anonymise-option.js';
import { keyLogOption } from './recordings/key-log-option.js';
import { onlyOf, withCopiedPayload, withoutPayload } from './recordings/payload-copies.js';
import {
  filesAndFilter,
  filterOption,
  type ReadOptions,
  refuseStdinTwice,
  refuseToWriteWhatIsRead,
} from './recordings/read-options.js';
import { addRecordingOptions, closeRecording, openRecording } from './recordings/recording-output.js';
import { ScreenPlayback } from './screen/playback.js';
import type { Recordings, Selects } from './screen/read-recordings.js';
import { type ReadingConsole, withReadingConsole } from './screen/reading-console.js';

export function addReadCommand(command: Command, call: string): void {
  command
    .description('Shows recorded sessions: transcripts (proxy -w) and captures (pcap, pcapng, snoop), packed or not.')
    .argument('<file...>', 'what to read, captures as one; - is stdin; the last one may be a filter')
    .addOption(option('-f, --filter <filter>', 'only sessions that match').argParser(parsed(filterOption)))
    .addOption(
      option('--port <port>', 'in captures: connections to this port are FTP; may be given several times').argParser(
        appended(parseSourcePort),
      ),
    )
    .option('--show-secrets', 'in captures: do not mask passwords')
    .addOption(option('--session <number>', 'this session alone').argParser(parsed(parseCount)))
    .option('--by-session', 'the lines of each session together, not all in the order of time')
    .addOption(keyLogOption())
    .addOption(anonymiseOption().conflicts(['payloads', 'dashboard', 'showSecrets']));
  command
    .addOption(
      option('--sessions', 'list the sessions, one line each').conflicts([
        'transfers',
        'plain',
        'dashboard',
        'verbose',
      ]),
    )
    .addOption(
      option('--transfers', 'list the transfers, one line each, with sizes and sha256').conflicts([
        'plain',
        'dashboard',
        'verbose',
      ]),
    )
    .addOption(
      option('--findings', 'sum up what went wrong, by cause').conflicts([
        ...['sessions', 'transfers', 'plain', 'dashboard', 'verbose', 'bySession'],
      ]),
    )
    .addOption(option('--tsv', 'with --sessions, --transfers or --findings: tab-separated').conflicts('json'));
  addRecordingOptions(command, 'what is shown');
  addViewOptions(command);
  addDiagnosisOptions(command);
  command
    .addHelpText('after', () => readHelp(call))
    .action((parameters: readonly string[], options: ReadOptions) => runReadCommand(parameters, options));
}

function readHelp(call: string): string {
  const operators = [...FILTER_OPERATORS].map(
    ([name, { takes, selects }]) => [`~${name}`, `${selects} (${takes})`] as const,
  );
  const examples = examplesText([
    [`${call} read session.ndjson`],
    [`${call} read capture.pcapng.gz '~user alice ~code 5xx'`],
    [`tcpdump -U -w - port 21 | ${call} read -`],
    [`${call} read big.ndjson -f '~path *.csv ~size >1m' -w some.ndjson --payloads some`],
  ]);
  return [
    '',
    'Filters select whole sessions:',
    ...itemsText([...operators, ['text', 'a line of the dialogue holds this word, or these in quotes']]),
    '  !a   a b   a & b   a | b   (a | b) c',
    examples,
    '',
    statusText(
      '0 read, 1 no session matches, or the recording is damaged, cut or not all saved (what is whole is shown), 2 wrong usage',
    ),
  ].join('\n');
}

async function runReadCommand(parameters: readonly string[], options: ReadOptions): Promise<void> {
  const { files, filter } = filesAndFilter(parameters, options.filter);
  refuseStdinTwice(files);
  refuseToWriteWhatIsRead(files, options.transcript);
  const pseudonyms = givenPseudonyms(options.anonymise, 'read');
  // The dashboard saves payloads, and shows what the files are called.
  const printed = pseudonyms !== undefined && !options.json && !options.quiet ? { plain: true } : {};
  const reading = { title: files.map(shortName).join(', '), usesStdin: files.includes(STDIN) };
  const { Recordings } = await import('./screen/read-recordings.js');
  const failOn = new FailOn(options.failOn, options.findings);
  await withReadingConsole({ ...options, ...printed, ...overviewOf(options) }, reading, async (console) => {
    const playback = openPlayback(console, options, filter !== null || !reading.usesStdin);
    const { port, showSecrets, session, keylog } = options;
    const recordings = new Recordings(
      {
        files,
        filter,
        ports: port ?? [],
        showSecrets: showSecrets ?? false,
        keyLog: keylog,
        pseudonyms,
        isPlayed: playback !== null,
        findings: options.findings ?? true,
        ...(session === undefined ? {} : { only: session }),
      },
      playback === null ? console : { ...console, progress: playback.progress },
    );
    try {
      await recordings.open();
      if (playback !== null) console.screen?.operatedBy(playback.operator(recordings));
      await showAll(recordings, { ...options, found: failOn }, console, playback);
    } finally {
      await recordings.close();
    }
    if (session !== undefined && !console.stop.isInterrupted) refuseUnknownSession(session, recordings.seen);
    if (failOn.fails(console.notices) || recordings.isDamaged || recordings.isUnmatched || console.stop.isInterrupted)
      throw new ToldFailure();
  });
}

function overviewOf({
  sessions,
  transfers,
  findings,
  tsv,
}: ReadOptions): Pick<ViewOptions, 'overview' | 'sumsFindings'> {
  if (findings) return { sumsFindings: true };
  if (sessions) return { overview: 'sessions' };
  if (transfers) return { overview: 'transfers' };
  if (tsv) throw new UsageError('--tsv is for --sessions, --transfers and --findings: give one of them');
  return {};
}

function refuseUnknownSession(session: number, seen: ReadonlySet<number>): void {
  if (seen.has(session) || seen.size >= MAX_KEPT_NUMBERS) return;
  throw new UsageError(noSuchSession(session, [...seen]).message);
}

function shortName(file: string): string {
  return file === STDIN ? 'stdin' : basename(file);
}

/** Null where the recording is printed. What is written down as it is shown must come once. */
function openPlayback(
  { screen, stop }: ReadingConsole,
  options: ReadOptions,
  isThereAgain: boolean,
): ScreenPlayback | null {
  if (screen === undefined) return null;
  const isWritten = options.transcript !== undefined || options.payloads !== undefined;
  return new ScreenPlayback({ screen, speed: Infinity, rereadable: isThereAgain && !isWritten }, stop.asked);
}

/** The lines of the plain transcript leave them out, unless asked for everything. */
function showsSums(
  { json, verbose, transfers, payloads, transcript }: ReadOptions,
  playback: ScreenPlayback | null,
): boolean {
  const wanted = json || verbose || transfers || playback !== null;
  return wanted === true || payloads !== undefined || transcript !== undefined;
}

async function showAll(
  recordings: Recordings,
  options: ReadOptions & { readonly found: FailOn },
  console: ReadingConsole,
  playback: ScreenPlayback | null,
): Promise<void> {
  const { payloads, transcript } = openRecording(options);
  const view = options.bySession && playback === null ? new GroupedView(console.view) : console.view;
  const tell = (line: string) => {
    recordings.isDamaged = true;
    console.notices.error(line);
  };
  const keep = (observation: Observation) => {
    transcript?.write(payloads === null ? withoutPayload(observation) : observation);
    view.show(observation);
    options.found.take(observation);
  };
  const take = (observation: Observation, from: RecordedFile) =>
    payloads === null ? keep(observation) : withCopiedPayload(observation, from, payloads, tell).then(keep);
  const sums = showsSums(options, playback);
  const reading = (selects: Selects) => (payloads === null ? { sums } : { sums, payloads: onlyOf(selects, payloads) });
  try {
    if (playback === null) await recordings.read(reading, take);
    else await playback.play(recordings, reading, take);
    view.end();
    await Promise.race([console.flush(), console.stop.asked]);
  } catch (error) {
    throw error instanceof RecordingError ? new Failure(error.message) : error;
  } finally {
    closeRecording({ transcript });
  }
}
