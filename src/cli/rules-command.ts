// `ftpscope rules`: prints what the kernel has to be told for a transparent proxy with the same options, and how to undo it. To be
// read first, then given to a shell.
import type { Command } from 'commander';
import type { InterceptionMethod } from '../net/interception.js';
import { valueFor } from '../net/options/endpoint-values.js';
import { DEFAULT_LISTEN } from '../net/proxy-options.js';
import { FTP_PORT, type FtpEndpoint } from '../protocol/server-name.js';
import { examplesText } from './options/help-page.js';
import { addLoudnessOptions, appended, option, parsed } from './options/options.js';
import { type RelaySettings, relayFlag, relaySettings } from './options/relay-flags.js';
import { checkTransparent } from './options/transparent-options.js';
import { parseListen, parseSourcePort } from './options/values.js';
import { UsageError } from './program/errors.js';
import { interceptionRules } from './proxy/interception-rules.js';

interface RulesCommandOptions {
  readonly transparent: InterceptionMethod;
  readonly listen: readonly FtpEndpoint[];
  readonly ftpPort: number;
  readonly undo?: boolean;
}

const AS_GIVEN = 'as given to the proxy';

export function addRulesCommand(command: Command, call: string): void {
  command
    .description(
      'Prints the commands that make Linux hand FTP connections, as they pass through this machine, to a proxy that runs with ' +
        'the same options; and, as comments, the commands that undo it. Runs none of them.',
    )
    .addOption(relayFlag('transparent', AS_GIVEN).makeOptionMandatory())
    .addOption(
      option('--listen <host:port>', AS_GIVEN).argParser(appended(parseListen)).default([DEFAULT_LISTEN], 'none'),
    )
    .addOption(relayFlag('dataPorts', AS_GIVEN))
    .addOption(relayFlag('spoofClient', `${AS_GIVEN}; the rules are the same`))
    .addOption(
      option('--ftp-port <port>', 'where clients think that servers listen')
        .argParser(parsed(parseSourcePort))
        .default(FTP_PORT),
    )
    .addOption(option('--undo', 'print what undoes it, and nothing else'));
  addLoudnessOptions(command);
  command
    .addHelpText('after', () =>
      examplesText([
        [`${call} rules --transparent redirect --listen 0.0.0.0:2121 --data-ports 50000-50999 | sudo sh`],
        [`${call} rules --transparent tproxy --listen '[::]:2121'`],
      ]),
    )
    .action((options: RulesCommandOptions) => printRules(options, relaySettings(command)));
}

function printRules(options: RulesCommandOptions, settings: RelaySettings): void {
  const { transparent: method, listen, ftpPort, undo } = options;
  checkTransparent(undefined, { ...settings, listen });
  if (listen.some(({ port }) => port === 0)) throw new UsageError('--listen needs a port that rules can name, not 0');
  const dataPorts = valueFor('client', settings.dataPorts) ?? null;
  const rules = interceptionRules({ method, listen, ftpPort, dataPorts });
  const lines = undo ? rules.undo : [...rules.set, '# to undo it:', ...rules.undo.map((line) => `# ${line}`)];
  process.stdout.write(`${lines.join('\n')}\n`);
}
