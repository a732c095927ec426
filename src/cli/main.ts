// The command line: finds the command, and turns whatever ends it into one clear line and an exit status.
import { Command, CommanderError } from 'commander';
import { ProxyOptionError } from '../net/options/option-error.js';
import { addAttachCommand } from './attach-command.js';
import { addCaCommand } from './ca-command.js';
import { addCheckCommand } from './check-command.js';
import { addDemoCommand } from './demo-command.js';
import { addExplainCommand } from './explain-command.js';
import { addExportCommand } from './export-command.js';
import { withPresentNames } from './options/former-names.js';
import { examplesText, helpPage, helpRequest } from './options/help-page.js';
import { CouldNotRun, Failure, ToldFailure, UsageError } from './program/errors.js';
import { Notices } from './program/notices.js';
import { invocation, programVersion } from './program/program-info.js';
import { addProxyCommand } from './proxy-command.js';
import { addReadCommand } from './read-command.js';
import { addReplayCommand } from './replay-command.js';
import { addRulesCommand } from './rules-command.js';

const DONE = 0;
const FAILED = 1;
const USAGE = 2;
const NOT_RUN = 3;

/** Commander's code for having shown the help itself, as there was nothing to run. */
const HELP_FOR_WANT_OF_A_COMMAND = 'commander.help';

/**
 * Runs the program with `process.argv`-like arguments, and sets the process's exit code: 0 done, 1 failed, 2 usage, 3 could not run.
 * Never rejects.
 */
export async function run(argv: readonly string[]): Promise<void> {
  // `ftpscope --help | head` is no reason for a stack; data that cannot be written is told by whoever writes it.
  process.stdout.on('error', () => {});
  const call = invocation(argv[1], process.cwd());
  const { argv: asked, showsAll } = helpRequest(argv);
  const root = program(call, showsAll);
  const names = root.commands.map((one) => one.name());
  const command = root.commands.find((one) => one.name() === argv[2]);
  try {
    await root.parseAsync(withPresentNames(withKnownCommand(asked, names)));
    process.exitCode = DONE;
  } catch (error) {
    process.exitCode = report(error, command === undefined ? call : `${call} ${command.name()}`);
  }
}

/** `help NAME` as `NAME --help`. A command that there is not gets no help but its error, which commander has for `NAME` alone. */
function withKnownCommand(argv: readonly string[], names: readonly string[]): readonly string[] {
  const [program = '', script = '', ...given] = argv;
  const [first = '', second = ''] = given;
  const isHelp = first === 'help' && second !== '' && !second.startsWith('-');
  const name = isHelp ? second : first;
  if (name !== 'help' && !names.includes(name))
    return name === '' || name.startsWith('-') ? argv : [program, script, name];
  return isHelp ? [program, script, name, '--help'] : argv;
}

function program(call: string, showsAll: boolean): Command {
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
  addProxyCommand(root, call);
  addReadCommand(root, call);
  addCheckCommand(root, call);
  addExplainCommand(root, call);
  addExportCommand(root, call);
  addDemoCommand(root, call);
  addReplayCommand(root, call);
  addAttachCommand(root, call);
  addCaCommand(root, call);
  addRulesCommand(root, call);
  return root;
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
