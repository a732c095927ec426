// `ftpscope check`: a server asked about everything that clients stumble over, as a report and an exit status.
import type { Command } from 'commander';
import { GROUPS, type Group } from '../check/probe.js';
import { formatEndpoint } from '../protocol/endpoint.js';
import type { FtpEndpoint } from '../protocol/server-name.js';
import { escapeForTerminal } from '../protocol/wire-text.js';
import { examplesText, statusText } from './options/help-page.js';
import { option, parsed } from './options/options.js';
import { durationText, parseCheckedServer, parseDuration, parsePath } from './options/values.js';
import { CouldNotRun, ToldFailure, UsageError } from './program/errors.js';
import { askSecret, canAsk } from './program/secret-prompt.js';
import type { Stop } from './program/stop.js';
import { chooseView } from './program/view.js';
import { asSent, givenPassword, PASSWORD_VARIABLE } from './recordings/given-password.js';
import { withPrinting, writeToStderr } from './screen/console-session.js';
import { authorities } from './tls/tls-options.js';

interface CheckCommandOptions {
  readonly user?: string;
  readonly passwordFile?: string;
  readonly timeout: number;
  readonly only?: readonly Group[];
  readonly skip?: readonly Group[];
  readonly tryWrite?: string;
  readonly serverCa?: string;
  readonly insecure?: boolean;
  readonly serverName?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

const TIMEOUT_MS = 15_000;
/** For the whole check. */
const MAX_MS = 10 * 60_000;
/** Where the password is not one: the usual mail address. */
const ANONYMOUS_PASSWORD = 'ftpscope@';

export function addCheckCommand(command: Command, call: string): void {
  command
    .description(
      'Checks a server: TLS, data connections, listings, limits. It reads only, over a few connections, and prints a report with what is wrong and what to change.',
    )
    .argument('<url>', 'ftp://HOST[:PORT], or ftps:// for implicit TLS', parseCheckedServer)
    .addOption(option('--user <name>', 'user to log in as (default: anonymous)'))
    .addOption(
      option('--password-file <file>', 'file whose first line is the password for the server').argParser(
        parsed(parsePath),
      ),
    )
    .addOption(
      option('--timeout <time>', 'how long a silent server is waited for')
        .argParser(parsed(parseDuration))
        .default(TIMEOUT_MS, durationText(TIMEOUT_MS)),
    )
    .addOption(option('--only <groups>', `ask for these alone, of ${GROUPS.join(',')}`).argParser(parsed(parseGroups)))
    .addOption(option('--skip <groups>', 'leave these out').argParser(parsed(parseGroups)).conflicts('only'))
    .addOption(option('--try-write <folder>', 'also write a small file into this folder of the server, and remove it'))
    .addOption(
      option('--server-ca <file>', "authorities that may have signed the server's certificate, PEM").argParser(
        parsed(parsePath),
      ),
    )
    .option('--insecure', 'send the password whatever the certificate is')
    .option('--server-name <name>', "name that the server's certificate must be for")
    .addOption(option('--json', 'print the report as one JSON object'));
  command
    .addOption(option('-q, --quiet', 'no report: the exit status, and what --json asks for'))
    .addOption(option('-v, --verbose', 'also what is said to the server and by it, on stderr'));
  command
    .addHelpText('after', () => examples(call))
    .action((server: FtpEndpoint, options: CheckCommandOptions) => check(server, options));
}

function examples(call: string): string {
  const text = examplesText([
    [`${call} check ftp://ftp.example.com`, 'as anonymous'],
    [`${call} check ftp://ftp.example.com --user anna --password-file secret.txt`],
    [`${call} check ftps://ftp.example.com --json`, 'implicit TLS, for programs'],
  ]);
  const status =
    '0 nothing worse than a note, 1 a warning or an error was found, 2 wrong usage, 3 could not run (no server)';
  return `${text}\n\n${statusText(status)}`;
}

function parseGroups(text: string): readonly Group[] {
  return text.split(',').map((name) => {
    const group = GROUPS.find((one) => one === name.trim());
    if (group === undefined) throw new UsageError(`Give some of ${GROUPS.join(', ')}, with commas between them.`);
    return group;
  });
}

async function check(server: FtpEndpoint, options: CheckCommandOptions): Promise<void> {
  const { user, passwordFile, serverCa, serverName, tryWrite, only, skip = [], json, quiet, verbose } = options;
  const url = `${server.implicitTls ? 'ftps' : 'ftp'}://${formatEndpoint(server)}`;
  const [{ checkServer }, { hasFaults, reportAsData, reportText }] = await Promise.all([
    import('../check/check.js'),
    import('../check/report.js'),
  ]);
  await withPrinting({ quiet: true, ...(json ? { json } : {}) }, async ({ print, stop }) => {
    const ending = new AbortController();
    void stop.asked.then(() => ending.abort());
    const dialogue = chooseView({ plain: true, verbose: true }, false, writeToStderr());
    const report = await checkServer({
      server,
      user: asSent('--user', user),
      password: user === undefined ? ANONYMOUS_PASSWORD : await passwordOf(user, server, passwordFile, stop),
      timeoutMs: options.timeout,
      authorities: serverCa === undefined ? undefined : authorities(serverCa),
      serverName,
      insecure: options.insecure ?? false,
      writeFolder: asSent('--try-write', tryWrite),
      groups: (only ?? GROUPS).filter((group) => !skip.includes(group)),
      maxMs: MAX_MS,
      observe: verbose ? dialogue.show : () => {},
      nowMs: Date.now,
      stop: ending.signal,
    });
    dialogue.end();
    if (stop.isInterrupted) throw new ToldFailure();
    if (json) print(`${JSON.stringify(reportAsData(report, url))}\n`);
    else if (!quiet)
      print(
        reportText(report, url)
          .map((line) => `${line}\n`)
          .join(''),
      );
    if (!report.couldRun) throw new CouldNotRun(`cannot check ${url}: ${report.lines[0]?.text ?? 'no connection'}`);
    if (hasFaults(report)) throw new ToldFailure();
  });
}

async function passwordOf(
  user: string,
  server: FtpEndpoint,
  passwordFile: string | undefined,
  stop: Stop,
): Promise<string> {
  const given = givenPassword(passwordFile === undefined ? {} : { passwordFile });
  const password = given ?? (await askFor(user, server, stop));
  return asSent('the password', password) ?? '';
}

function askFor(user: string, server: FtpEndpoint, { asked }: Stop): Promise<string> {
  if (!canAsk())
    throw new UsageError(
      `the password of ${escapeForTerminal(user)} is missing; give it with --password-file, in ${PASSWORD_VARIABLE}, or on a terminal`,
    );
  return askSecret(`Password of ${escapeForTerminal(user)} for ${formatEndpoint(server)}: `, asked);
}
