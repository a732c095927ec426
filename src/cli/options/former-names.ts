// Flags under the names that they had in earlier versions: they go on working, and the help shows the new names alone.

const FORMER_FLAGS: ReadonlyMap<string, string> = new Map([
  ['--allow-upstream', '--allow-server'],
  ['--bind-upstream', '--server-source-address'],
  ['--control', '--admin-socket'],
  ['--upstream-ca', '--server-ca'],
]);

/** Arguments with every former flag under its present name, up to `--`. */
export function withPresentNames(argv: readonly string[]): string[] {
  const end = argv.indexOf('--');
  return argv.map((argument, index) => (end < 0 || index < end ? presentName(argument) : argument));
}

function presentName(argument: string): string {
  const [flag = '', ...value] = argument.split('=');
  const present = FORMER_FLAGS.get(flag);
  return present === undefined ? argument : [present, ...value].join('=');
}
