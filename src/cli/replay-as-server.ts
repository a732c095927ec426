// `ftpscope replay --serve`: the recording answers clients until Ctrl-C, and then says what they asked.
import type { Observation } from '../dialogue/observation.js';
import { RecordingError } from '../dialogue/recording-error.js';
import { SessionTls } from '../ends/tls/session-tls.js';
import { hasAuthority } from '../net/tls/authority.js';
import { defaultAuthorityFolder } from '../net/tls/authority-folder.js';
import { tlsSettings } from '../net/tls/tls-settings.js';
import { formatEndpoint } from '../protocol/endpoint.js';
import type { FtpEndpoint } from '../protocol/server-name.js';
import type { RecordedFile } from '../recordings/recorded-file.js';
import { type ServedRecording, type ServeOptions, serveRecording } from '../replay/server/serve-recording.js';
import { countLines, countsAsData, countUnlike } from '../replay/server/served-counts.js';
import type { OpenTls } from '../replay/server/served-security.js';
import { formatCount } from '../words/quantities.js';
import { CouldNotRun, Failure, UsageError } from './program/errors.js';
import type { Notices } from './program/notices.js';
import type { Stop } from './program/stop.js';
import { listenFailure, warnBeyondLoopback } from './proxy/relay.js';
import { closeRecording, openRecording } from './recordings/recording-output.js';
import { REPLAY_DEFAULTS, type ReplayCommandOptions } from './recordings/replay-options.js';
import type { PrintingSession } from './screen/console-session.js';
import { type ClientCertificates, clientCertificates } from './tls/client-certificates.js';

export async function replayAsServer(
  recording: RecordedFile,
  listen: FtpEndpoint,
  options: ReplayCommandOptions,
  { notices, print, stop }: PrintingSession,
): Promise<void> {
  const kept = openServed(options, stop, notices);
  const openTls = await servedTls(listen, options, notices);
  const served = await started(recording, listen, options, { openTls, ...kept.log });
  try {
    notices.announce(`listening on ${formatEndpoint(served.address)}`);
    warnBeyondLoopback([served.address], notices);
    if (served.downloadsWithoutBytes > 0) {
      const downloads = formatCount(served.downloadsWithoutBytes, 'download');
      const advice = recording.kind === 'transcript' ? ' (proxy --payloads keeps them)' : '';
      notices.warn(`${downloads} recorded without all bytes${advice}: answered 450`);
    }
    notices.info(`answering as ${formatCount(served.sessions, 'recorded session')} did (Ctrl-C ends it)`);
    await stop.asked;
  } finally {
    await served.close();
    kept.close();
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
  more: Pick<ServeOptions, 'openTls' | 'log'>,
): Promise<ServedRecording> {
  try {
    return await serveRecording(recording, {
      ...more,
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

/** What the clients do, as a recording of its own. Throws a UsageError when it cannot be written. */
function openServed(
  { transcript, payloads }: ReplayCommandOptions,
  stop: Pick<Stop, 'ask'>,
  notices: Notices,
): { readonly log: Pick<ServeOptions, 'log'>; readonly close: () => void } {
  if (transcript === undefined) return { log: {}, close: () => {} };
  const output = openRecording({ transcript, ...(payloads === undefined ? {} : { payloads }) });
  let isBroken = false;
  const broke = ({ message }: RecordingError) => {
    if (!isBroken) notices.error(message);
    isBroken = true;
    stop.ask();
  };
  const observe = (observation: Observation) => {
    if (isBroken) return;
    try {
      output.transcript?.write(observation);
    } catch (error) {
      if (!(error instanceof RecordingError)) throw error;
      broke(error);
    }
  };
  return { log: { log: { observe, broke, payloads: output.payloads } }, close: () => closeRecording(output) };
}

/**
 * The certificates are those of `ca`, which is opened for the first client that asks for TLS; for ftps:// at the start. Who has never used
 * TLS with ftpscope has none: AUTH is refused then, since clients that try it unasked (lftp) would fail on a certificate that they do not know.
 */
async function servedTls(listen: FtpEndpoint, options: ReplayCommandOptions, notices: Notices): Promise<OpenTls> {
  const isWanted = listen.implicitTls || options.caFolder !== undefined || hasAuthority(defaultAuthorityFolder());
  if (!isWanted) return () => Promise.resolve(null);
  const timeoutMs = options.timeout ?? REPLAY_DEFAULTS.timeoutMs;
  const folder = options.caFolder === undefined ? {} : { folder: options.caFolder };
  const plainly = { ...listen, implicitTls: false };
  let opened: Promise<ClientCertificates> | null = null;
  const open = () => {
    opened ??= clientCertificates({ own: null, policy: undefined, passthrough: false, listen: [plainly], ...folder });
    return opened;
  };
  const { problem } = listen.implicitTls ? await open() : { problem: null };
  if (problem !== null) throw new UsageError(`--serve ftps://: ${problem}`);
  return async ({ address }) => {
    const certificates = await open();
    if (certificates.problem !== null) {
      notices.warn(certificates.problem);
      return null;
    }
    const tls = { certificatesFor: certificates.certificatesFor };
    const settings = tlsSettings({ tls }, null, [address], timeoutMs);
    return new SessionTls(() => settings);
  };
}
