// The one table of the sample server's verbs, and the rules every verb obeys before its handler runs.
import type { Command } from '../protocol/command.js';
import { beforeLogin, type Reply, reply, type Verb, type VerbContext, type VerbTable } from './verb-context.js';
import { dataPortVerbs } from './verbs-data-port.js';
import { fileVerbs } from './verbs-files.js';
import { informationVerbs } from './verbs-information.js';
import { loginVerbs } from './verbs-login.js';
import { parameterVerbs } from './verbs-parameters.js';
import { transferVerbs } from './verbs-transfer.js';

const table: VerbTable = {
  ...loginVerbs,
  ...parameterVerbs,
  ...fileVerbs,
  ...dataPortVerbs,
  ...transferVerbs,
  ...informationVerbs,
  HELP: beforeLogin('optional', 'HELP [<verb>]', help),
};

const verbs: ReadonlyMap<string, Verb> = new Map(Object.entries(table));

/** Right FTP that is not done here: 502, where a verb nobody ever heard of gets 500. */
const notImplemented: ReadonlySet<string> = new Set([
  'ADAT',
  'AUTH',
  'CCC',
  'HOST',
  'LANG',
  'PBSZ',
  'PROT',
  'SITE',
  'SMNT',
]);

export function runCommand(context: VerbContext, command: Command): Reply | Promise<Reply> {
  const { state } = context;
  const { verb } = command;
  // The control connection is Telnet's (RFC 854): 0xFF in a name is doubled, though most clients send it as it is.
  const argument = command.argument.replaceAll('\xff\xff', '\xff');
  if (verb !== 'RNTO') state.renameFrom = null;
  const entry = verbs.get(verb);
  if (entry === undefined) return unknownVerb(verb);
  if (!entry.beforeLogin && state.login.stage !== 'done') return reply(530, 'Log in with USER and PASS.');
  if (!argumentFits(entry, argument)) return reply(501, `Syntax: ${entry.syntax}`);
  return entry.run(context, argument);
}

/** CR and NUL in a name could not be written in a reply or a listing without breaking its lines. */
function argumentFits({ argument: expected }: Verb, argument: string): boolean {
  if (argument.includes('\r') || argument.includes('\0')) return false;
  return expected === 'optional' || (argument.trim() === '') === (expected === 'none');
}

function unknownVerb(verb: string): Reply {
  return notImplemented.has(verb) ? reply(502, `${verb} is not implemented.`) : reply(500, 'Command not understood.');
}

function help(_: VerbContext, argument: string): Reply {
  const verb = argument.trim().toUpperCase();
  const entry = verbs.get(verb);
  if (entry !== undefined) return reply(214, `Syntax: ${entry.syntax}`);
  if (verb !== '') return reply(501, 'No such verb; HELP lists them.');
  return reply(214, 'Verbs:', ...rows([...verbs.keys()].sort()), 'End');
}

function rows(names: readonly string[]): readonly string[] {
  const perRow = 8;
  const count = Math.ceil(names.length / perRow);
  return Array.from({ length: count }, (_, row) =>
    names
      .slice(row * perRow, (row + 1) * perRow)
      .map((name) => name.padEnd(5))
      .join('')
      .trimEnd(),
  );
}
