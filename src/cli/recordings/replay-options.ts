// The options of `ftpscope replay`, and which of them go together.
import type { Command } from 'commander';
import { LEG_MODES, type LegMode } from '../../dialogue/link-facts.js';
import type { PortRange } from '../../ends/port-ranges.js';
import type { FtpEndpoint } from '../../protocol/server-name.js';
import { ASPECTS, ASPECTS_THAT_MATTER, type Aspect } from '../../replay/client/comparison.js';
import { ON_UNKNOWN, type OnUnknown } from '../../replay/server/answer-choice.js';
import { REPLAY_TLS, type ReplayTls } from '../../replay/session/script.js';
import { addViewOptions, appended, option, parsed } from '../options/options.js';
import { parseTranscriptName } from '../options/recording-values.js';
import {
  durationText,
  parseCount,
  parseDuration,
  parseListen,
  parsePath,
  parsePortRange,
  parseReplayServer,
  parseSourcePort,
  parseSpeed,
} from '../options/values.js';
import { UsageError } from '../program/errors.js';
import type { ViewOptions } from '../program/view.js';
import { PASSWORD_VARIABLE } from './given-password.js';
import { keyLogOption } from './key-log-option.js';

/** The options as commander hands them over. */
export interface ReplayCommandOptions extends ViewOptions {
  readonly speed?: number;
  /** Milliseconds. */
  readonly maxPause?: number;
  /** Whatever is not as recorded makes it fail. */
  readonly strict?: boolean;
  readonly session?: number;
  readonly payloads?: string;
  readonly port?: readonly number[];
  readonly keylog?: Buffer;
  readonly to?: FtpEndpoint;
  readonly serve?: FtpEndpoint;
  // As a client
  readonly mode?: LegMode;
  readonly user?: string;
  readonly password?: string;
  /** A file. */
  readonly passwordFile?: string;
  readonly serverTls?: ReplayTls;
  readonly insecure?: boolean;
  readonly serverCa?: string;
  readonly serverName?: string;
  readonly concurrency?: number;
  readonly allowWrites?: boolean;
  readonly matters?: readonly Aspect[];
  readonly dryRun?: boolean;
  readonly mend?: boolean;
  /** A file. */
  readonly junit?: string;
  readonly timeout?: number;
  // As a server
  readonly onUnknown?: OnUnknown;
  readonly dataPorts?: PortRange;
  /** A file: what the clients did. */
  readonly transcript?: string;
  readonly caFolder?: string;
}

/** What holds where nothing is given. Commander does not know it: an option that is given can contradict others. */
export const REPLAY_DEFAULTS = {
  serverTls: 'same',
  concurrency: 1,
  /** Without anything happening. */
  timeoutMs: 60_000,
  onUnknown: '550',
} as const satisfies { serverTls: ReplayTls; onUnknown: OnUnknown; concurrency: number; timeoutMs: number };

/** Options that mean something only beside another one. */
const OF_A_CLIENT = [
  'mode',
  'user',
  'password',
  'passwordFile',
  'serverTls',
  'insecure',
  'serverCa',
  'serverName',
  'concurrency',
  'allowWrites',
  'matters',
  'dryRun',
  'mend',
  'junit',
] as const;
const OF_A_SERVER = ['onUnknown', 'dataPorts', 'transcript', 'caFolder'] as const;

export function addReplayOptions(command: Command): void {
  command
    .addOption(
      option(
        '--speed <factor>',
        'how many times as fast as recorded, or max (default: 1; with --to and --serve: max)',
      ).argParser(parsed(parseSpeed)),
    )
    .addOption(
      option('--max-pause <time>', 'no recorded pause lasts longer, before --speed').argParser(parsed(parseDuration)),
    )
    .addOption(option('--session <number>', 'this session alone').argParser(parsed(parseCount)))
    .addOption(
      option(
        '--payloads <dir>',
        'where the payloads of a transcript are, if not where it says; with -w, where to keep those of clients',
      ).argParser(parsed(parsePath)),
    )
    .addOption(
      option(
        '--port <port>',
        'in captures: connections to it are FTP, however they look; may be given several times',
      ).argParser(appended(parseSourcePort)),
    )
    .addOption(keyLogOption());
  command.option('--strict', 'with --to and --serve: exit 1 for anything unknown, substituted, left out or different');
  addClientOptions(command);
  addServerOptions(command);
  addViewOptions(command);
}

function addClientOptions(command: Command): void {
  command
    .addOption(
      option('--to <url>', 'send the recorded commands to this server: ftp://HOST[:PORT], or ftps:// for implicit TLS')
        // The text may hold a password: what is wrong with it is said without repeating it.
        .argParser(parseReplayServer),
    )
    .option('--dry-run', 'show what would be sent, and connect to nothing')
    .option('--allow-writes', 'send also what may change the server (STOR, DELE, MKD, SITE, ...)')
    .option('--mend', 'put right what is wrong in recorded PORT and EPRT, which are sent as recorded otherwise')
    .addOption(
      option('--junit <file>', 'write the result as JUnit XML, a test for each command').argParser(parsed(parsePath)),
    )
    .addOption(
      option('--user <name>', 'user to log in as, in place of the recorded one, or before a recording without login'),
    )
    .addOption(
      option(
        '--password <password>',
        `its password; needed where the recording has it masked (better in a file, in ${PASSWORD_VARIABLE}, or typed when it is asked for)`,
      ),
    )
    .addOption(
      option('--password-file <file>', 'file whose first line is the password for the server').argParser(
        parsed(parsePath),
      ),
    )
    .addOption(option('--mode <mode>', 'who listens for data (default: as recorded)').choices(LEG_MODES))
    .addOption(
      option(
        '--server-tls <policy>',
        `TLS: as in the recording, always, never (default: "${REPLAY_DEFAULTS.serverTls}")`,
      ).choices(REPLAY_TLS),
    )
    .addOption(
      option('--server-ca <file>', "authorities that may have signed the server's certificate, PEM").argParser(
        parsed(parsePath),
      ),
    )
    .option('--insecure', 'accept any certificate of the server')
    .option('--server-name <name>', "name that the server's certificate must be for")
    .addOption(
      option('--concurrency <count>', `sessions at the same time (default: ${REPLAY_DEFAULTS.concurrency})`).argParser(
        parsed(parseCount),
      ),
    )
    .addOption(
      option(
        '--matters <aspects>',
        `differences that make it fail, of ${ASPECTS.join(',')} (default: ${ASPECTS_THAT_MATTER.join(',')})`,
      ).argParser(parsed(parseAspects)),
    )
    .addOption(
      option(
        '--timeout <time>',
        `how long a silent peer is waited for (default: ${durationText(REPLAY_DEFAULTS.timeoutMs)})`,
      ).argParser(parsed(parseDuration)),
    );
}

function addServerOptions(command: Command): void {
  command
    .addOption(
      option(
        '--serve <host:port>',
        'answer clients as the recorded server did; ftps:// in front is TLS from the first byte',
      ).argParser(parsed(parseListen)),
    )
    .addOption(
      option(
        '--on-unknown <what>',
        `a command that was never recorded: reply 550 to what names a file and 502 to the rest, always 502 or 500, close, or answer with what comes next (default: "${REPLAY_DEFAULTS.onUnknown}")`,
      ).choices(ON_UNKNOWN),
    )
    .addOption(option('--data-ports <from-to>', 'ports for data connections').argParser(parsed(parsePortRange)))
    .addOption(
      option(
        '-w, --transcript <file>',
        'write what the clients of --serve do to a file, or append; --payloads then keeps the bytes',
      ).argParser(parsed(parseTranscriptName)),
    )
    .addOption(
      option(
        '--ca-folder <folder>',
        'where the authority is kept that signs for TLS clients, as `ca` has it',
      ).argParser(parsed(parsePath)),
    );
}

/** Throws a UsageError for options that contradict each other, or mean nothing together. */
export function checkReplayOptions(options: ReplayCommandOptions): void {
  if (options.to !== undefined && options.serve !== undefined) {
    throw new UsageError('--to sends the recording to a server, --serve answers clients from it; give one');
  }
  const strayToClient = options.to === undefined && OF_A_CLIENT.find((name) => options[name] !== undefined);
  if (strayToClient) throw new UsageError(`${flag(strayToClient)} belongs to --to: say which server to replay to`);
  const strayToServer = options.serve === undefined && OF_A_SERVER.find((name) => options[name] !== undefined);
  if (strayToServer) throw new UsageError(`${flag(strayToServer)} belongs to --serve: say where to serve`);
  const isShown = options.to === undefined && options.serve === undefined;
  if (isShown && options.timeout !== undefined) throw new UsageError('--timeout belongs to --to and --serve');
  if (isShown && options.strict) throw new UsageError('--strict belongs to --to and --serve');
  if (options.junit !== undefined && options.dryRun)
    throw new UsageError('--junit writes a result, and --dry-run has none; give one');
  if (!isShown && options.dashboard) {
    throw new UsageError('--dashboard is for a recording that is shown again: leave it out, or --to and --serve');
  }
}

function flag(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function parseAspects(text: string): Aspect[] {
  const named = text.split(',').map((word) => word.trim());
  const known = ASPECTS.filter((aspect) => named.includes(aspect));
  if (known.length === named.length) return known;
  throw new UsageError(`Give one or more of ${ASPECTS.join(', ')}, with commas between them.`);
}
