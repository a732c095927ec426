// The command line: finds the command, and turns whatever ends it into one clear line and an exit status.
import { Command, CommanderError } from 'commander';
import { ProxyOptionError } from '../net/options/option-error.js';
import { PROGRAM_COMMANDS } from './commands.js';
import { withPresentNames } from './options/former-names.js';
import { examplesText, helpPage, helpRequest } from './options/help-page.js';
import { CouldNotRun, Failure, ToldFailure, UsageError } from './program/errors.js';
import { Notices } from './program/notices.js';
import { invocation, programVersion } from './program/program-info.js';

const DONE = 0;
const FAILED = 1;
const USAGE = 2;
const NOT_RUN = 3;

/** Commander's code for having shown the help itself, as there was nothing to run. */
const HELP_FOR_WANT_OF_A_COMMAND = 'commander.help';

/**
 * Runs the program with `process.argv`-like arguments, and sets the process's exit code: 0 done, 1 failed, 2 usage, 3 could not run.
 * Rejects only when a part of the program cannot be loaded, which bin/ftpscope.js explains.
 */
export async function run(argv: readonly string[]): Promise<void> {
  // `ftpscope --help | head` is no reason for a stack; data that cannot be written is told by whoever writes it.
  process.stdout.on('error', () => {});
  const call = invocation(argv[1], process.cwd());
  const { argv: asked, showsAll } = helpRequest(argv);
  const known = withKnownCommand(asked);
  const name = PROGRAM_COMMANDS.find((one) => one.name === known[2])?.name;
  try {
    const root = await program(call, showsAll, name === undefined ? [] : [name]);
    await root.parseAsync(withPresentNames(known));
    process.exitCode = DONE;
  } catch (error) {
    if (isOfLoading(error)) throw error;
    process.exitCode = report(error, name === undefined ? call : `${call} ${name}`);
  }
}

/** `help NAME` as `NAME --help`. A command that there is not gets no help but its error, which commander has for `NAME` alone. */
function withKnownCommand(argv: readonly string[]): readonly string[] {
  const [program = '', script = '', ...given] = argv;
  const [first = '', second = ''] = given;
  const isHelp = first === 'help' && second !== '' && !second.startsWith('-');
  const name = isHelp ? second : first;
  if (name !== 'help' && !PROGRAM_COMMANDS.some((one) => one.name === name))
    return name === '' || name.startsWith('-') ? argv : [program, script, name];
  return isHelp ? [program, script, name, '--help'] : argv;
}

/** The commands that are not among `loaded` have a name and a summary, and nothing else. */
async function program(
  call: string,
  showsAll: boolean,
  loaded = PROGRAM_COMMANDS.map(({ name }) => name),
): Promise<Command> {
  const root = new Command('ftpscope')
    .description('An FTP inspection proxy: shows what clients and servers say to each other, and relays it.')
    .version(programVersion())
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .configureHelp(helpPage(showsAll))
    .addHelpText('after', () =>
      examplesText([
        [`${call} demo`],
        [`${call} proxy ftp://ftp.gnu.org`],
        [`${call} proxy --help`, 'and so for each command'],
      ]),
    );
  for (const { name, summary, load } of PROGRAM_COMMANDS) {
    const command = root.command(name).summary(summary);
    if (loaded.includes(name)) (await load())(command, call);
  }
  return root;
}

/** A file of the program or a package is missing, or there were no descriptors left to read it with. */
function isOfLoading(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return error.code === 'ERR_MODULE_NOT_FOUND' || (error.code === 'EMFILE' && /\.js'?$/.test(error.message));
}

function report(error: unknown, call: string): number {
  const notices = new Notices((text) => void process.stderr.write(text), false);
  if (error instanceof CommanderError) return reportUsage(error, call, notices);
  if (error instanceof UsageError || error instanceof Failure) {
    if (!(error instanceof ToldFailure)) notices.error(error.message);
    if (error instanceof CouldNotRun) return NOT_RUN;
    return error instanceof UsageError ? USAGE : FAILED;
  }
  if (error instanceof ProxyOptionError) {
    notices.error(error.message);
    return USAGE;
  }
  notices.fault(`unexpected error: ${error instanceof Error ? error.message : String(error)}`, error);
  return FAILED;
}

/** Asking for help or for the version ends commander as well, and is no error. */
function reportUsage({ code, exitCode, message }: CommanderError, call: string, notices: Notices): number {
  if (exitCode === 0) return DONE;
  const hint = code === 'commander.invalidArgument' ? '' : `; see ${call} --help`;
  if (code !== HELP_FOR_WANT_OF_A_COMMAND) notices.error(message.replace(/^error: /, '').replace(/\.$/, '') + hint);
  return USAGE;
}

/** For the test of the pages, which reads their options. */
export { program };
