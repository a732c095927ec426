// `ftpscope replay --to`: the recording's sessions sent to a server, and what came of them printed.
import { SessionTls } from '../../ends/tls/session-tls.js';
import { tlsSettings } from '../../net/tls/tls-settings.js';
import { formatEndpoint } from '../../protocol/endpoint.js';
import type { FtpEndpoint } from '../../protocol/server-name.js';
import type { RecordedFile } from '../../recordings/recorded-file.js';
import { ASPECTS, ASPECTS_THAT_MATTER, type Aspect } from '../../replay/client/comparison.js';
import { sessionSuite } from '../../replay/client/junit.js';
import {
  checkReplay,
  type ReplayedSession,
  replaySessions,
  strictlyMattering,
  wentAsRecorded,
} from '../../replay/client/replay-sessions.js';
import { replayedAsData, scriptAsData, scriptLines, sessionReport } from '../../replay/client/report.js';
import { noSuchSession, PasswordMasked } from '../../replay/replay-error.js';
import { recordedSessions } from '../../replay/session/recorded-sessions.js';
import { type ScriptOptions, scriptOf } from '../../replay/session/script.js';
import { certificateAdvice } from '../../words/lines.js';
import { formatCount } from '../../words/quantities.js';
import { CouldNotRun, Failure } from '../program/errors.js';
import type { Notices } from '../program/notices.js';
import type { Stop } from '../program/stop.js';
import { authorities } from '../tls/tls-options.js';
import { asSent, givenPassword } from './given-password.js';
import { REPLAY_DEFAULTS, type ReplayCommandOptions } from './replay-options.js';

/** As much of a command's surroundings as a replay needs. */
interface ReplaySurroundings {
  readonly notices: Pick<Notices, 'info'>;
  readonly print: (text: string) => void;
  readonly stop: Pick<Stop, 'asked'>;
  /** Asks the user for the password that is masked in the recording; absent where nobody can be asked. */
  readonly askPassword?: () => Promise<string>;
  /** Takes each session as a test suite. */
  readonly junit?: (suite: string) => void;
}

/** Where stdout is no terminal. */
const DEFAULT_COLUMNS = 120;

export async function replayAsClient(
  recording: RecordedFile,
  server: FtpEndpoint,
  options: ReplayCommandOptions,
  { notices, print, stop, askPassword, junit }: ReplaySurroundings,
): Promise<void> {
  let script: ScriptOptions = {
    allowWrites: options.allowWrites ?? false,
    mode: options.mode ?? null,
    user: asSent('--user', options.user),
    password: asSent('the password', givenPassword(options)),
    tls: options.serverTls ?? REPLAY_DEFAULTS.serverTls,
    implicitTls: server.implicitTls ?? false,
    mend: options.mend ?? false,
  };
  const strict = options.strict ?? false;
  const matters = options.matters ?? ASPECTS_THAT_MATTER;
  const only = options.session ?? null;
  if (options.dryRun) return dryRun(recording, only, script, options.json ?? false, print);
  try {
    await checkReplay(recording, only, script);
  } catch (error) {
    if (!(error instanceof PasswordMasked) || askPassword === undefined) throw error;
    script = { ...script, password: asSent('the password', await askPassword()) };
    await checkReplay(recording, only, script);
  }
  const ending = new AbortController();
  void stop.asked.then(() => ending.abort());
  const report = {
    columns: process.stdout.columns ?? DEFAULT_COLUMNS,
    listsAll: options.verbose ?? false,
    strict,
  };
  const totals = new Totals(strict);
  let unreachable: string | null = null;
  const tell = (replayed: ReplayedSession) => {
    const { connected, stopped } = replayed.played;
    if (!connected) {
      unreachable ??= stopped?.why ?? 'no connection';
      ending.abort();
      return;
    }
    totals.add(replayed);
    junit?.(sessionSuite(replayed, strict));
    if (options.json) print(`${JSON.stringify(replayedAsData(replayed, strict))}\n`);
    else if (!options.quiet || options.plain)
      print(
        sessionReport(replayed, report)
          .map((line) => `${line}\n`)
          .join(''),
      );
  };
  const timeoutMs = options.timeout ?? REPLAY_DEFAULTS.timeoutMs;
  const play = {
    server,
    script,
    speed: options.speed ?? Number.POSITIVE_INFINITY,
    concurrency: options.concurrency ?? REPLAY_DEFAULTS.concurrency,
    maxPauseMs: options.maxPause,
    matters: strict ? strictlyMattering(matters) : matters,
    patienceMs: timeoutMs,
    connectTimeoutMs: timeoutMs,
    tlsFor: tlsFor(server, options, timeoutMs),
    stop: ending.signal,
  };
  await replaySessions(recording, only, play, tell);
  if (unreachable !== null)
    throw new CouldNotRun(`cannot replay to ${formatEndpoint(server)}: ${withAdvice(unreachable)}`);
  if (!totals.isAsRecorded) throw new Failure(totals.text);
  if (!options.json) notices.info(totals.text);
}

function withAdvice(reason: string): string {
  const advice = certificateAdvice(reason.replace(/^.*TLS[^:]*: /, ''));
  return advice === null ? reason : `${reason}; ${advice}`;
}

async function dryRun(
  recording: RecordedFile,
  only: number | null,
  options: ScriptOptions,
  asData: boolean,
  print: (text: string) => void,
): Promise<void> {
  const numbers: number[] = [];
  for await (const session of recordedSessions(recording, only, (number) => numbers.push(number))) {
    const script = scriptOf(session, options);
    print(
      asData
        ? `${JSON.stringify(scriptAsData(script))}\n`
        : scriptLines(script)
            .map((line) => `${line}\n`)
            .join(''),
    );
  }
  if (only === null ? numbers.length === 0 : !numbers.includes(only)) throw noSuchSession(only ?? 1, numbers);
}

/** Sessions of one server context each: TLS sessions are resumed within one control connection. */
function tlsFor(server: FtpEndpoint, options: ReplayCommandOptions, timeoutMs: number): () => SessionTls {
  const { serverCa, insecure, serverName } = options;
  const tls = {
    certificatesFor: () => Promise.reject(new Error('a client shows no certificate')),
    insecure,
    serverCa: serverCa === undefined ? undefined : authorities(serverCa),
    serverName,
  };
  const settings = tlsSettings({ tls }, server, [], timeoutMs);
  return () => new SessionTls(() => settings);
}

/** What came of all sessions. */
class Totals {
  private leftOut = 0;
  private sessions = 0;
  private asRecorded = 0;
  private readonly mattering = new Map<Aspect, number>();
  private others = 0;

  /** `strict`: what was left out, or put in its place, counts. */
  constructor(private readonly strict: boolean) {}

  add(replayed: ReplayedSession): void {
    const { skipped, notes } = replayed.played;
    this.sessions += 1;
    if (wentAsRecorded(replayed, this.strict)) this.asRecorded += 1;
    this.leftOut += skipped.length + notes.filter(({ substitutes }) => substitutes).length;
    for (const { aspect, matters } of replayed.differences) {
      if (matters) this.mattering.set(aspect, (this.mattering.get(aspect) ?? 0) + 1);
      else this.others += 1;
    }
  }

  get isAsRecorded(): boolean {
    return this.asRecorded === this.sessions;
  }

  get text(): string {
    const sessions = `${this.asRecorded} of ${formatCount(this.sessions, 'session')} as recorded`;
    const others = this.others === 0 ? '' : `, ${this.others} that do not`;
    const counts = ASPECTS.map((aspect) => ({ aspect, count: this.mattering.get(aspect) ?? 0 }));
    const mattering = counts.reduce((sum, { count }) => sum + count, 0);
    const named = counts.filter(({ count }) => count > 0).map(({ aspect, count }) => `${count} in ${aspect}`);
    const where = named.length === 0 ? '' : ` (${named.join(', ')})`;
    const differences = mattering + this.others === 0 ? '' : `; differences that matter: ${mattering}${where}${others}`;
    const leftOut =
      this.strict && this.leftOut > 0 ? `; left out or replaced: ${formatCount(this.leftOut, 'command')}` : '';
    return `${sessions}${differences}${leftOut}`;
  }
}
