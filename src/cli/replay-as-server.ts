// `ftpscope replay --serve`: the recording answers clients until Ctrl-C, and then says what they asked.
import { formatEndpoint } from '../protocol/endpoint.js';
import type { FtpEndpoint } from '../protocol/server-name.js';
import type { RecordedFile } from '../recordings/recorded-file.js';
import { type ServedRecording, serveRecording } from '../replay/server/serve-recording.js';
import { countLines, countsAsData, countUnlike } from '../replay/server/served-counts.js';
import { formatCount } from '../words/quantities.js';
import { CouldNotRun, Failure, UsageError } from './program/errors.js';
import { listenFailure, warnBeyondLoopback } from './proxy/relay.js';
import { REPLAY_DEFAULTS, type ReplayCommandOptions } from './recordings/replay-options.js';
import type { PrintingSession } from './screen/console-session.js';

export async function replayAsServer(
  recording: RecordedFile,
  listen: FtpEndpoint,
  options: ReplayCommandOptions,
  { notices, print, stop }: PrintingSession,
): Promise<void> {
  if (listen.implicitTls)
    throw new UsageError('--serve ftps://: a recording is served without encryption; leave out ftps://');
  const served = await started(recording, listen, options);
  try {
    notices.announce(`listening on ${formatEndpoint(served.address)}`);
    warnBeyondLoopback([served.address], notices);
    if (served.downloadsWithoutBytes > 0) {
      const downloads = formatCount(served.downloadsWithoutBytes, 'download');
      notices.warn(`${downloads} recorded without bytes (proxy --payloads keeps them): answered 450`);
    }
    notices.info(`answering as ${formatCount(served.sessions, 'recorded session')} did (Ctrl-C ends it)`);
    await stop.asked;
  } finally {
    await served.close();
  }
  const { counts } = served;
  if (options.json) print(`${JSON.stringify(countsAsData(counts))}\n`);
  else if (!options.quiet || options.plain)
    print(
      countLines(counts)
        .map((line) => `${line}\n`)
        .join(''),
    );
  if (counts.uploads.some(({ same }) => same === false)) throw new Failure('not every upload was the recorded one');
  const unlike = options.strict ? countUnlike(counts) : 0;
  if (unlike > 0) throw new Failure(`${formatCount(unlike, 'command')} not answered as recorded`);
}

async function started(
  recording: RecordedFile,
  listen: FtpEndpoint,
  options: ReplayCommandOptions,
): Promise<ServedRecording> {
  try {
    return await serveRecording(recording, {
      listen,
      only: options.session ?? null,
      speed: options.speed ?? Number.POSITIVE_INFINITY,
      maxPauseMs: options.maxPause,
      onUnknown: options.onUnknown ?? REPLAY_DEFAULTS.onUnknown,
      data: { range: options.dataPorts ?? null, timeoutMs: options.timeout ?? REPLAY_DEFAULTS.timeoutMs },
    });
  } catch (error) {
    const told = listenFailure(error, '--serve');
    throw told instanceof Failure ? new CouldNotRun(told.message) : told;
  }
}
