// Whether there are colors: the one place that decides, for everything that is shown.

export const COLOR_CHOICES = ['auto', 'always', 'never'] as const;
export type ColorChoice = (typeof COLOR_CHOICES)[number];

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What the user says on the command line counts most, then NO_COLOR (https://no-color.org), then what forces colors, then CLICOLOR
 * (https://bixense.com/clicolors); without a word of the user colors are for terminals that have them.
 */
export function wantsColor(isTerminal: boolean, environment: Environment, choice: ColorChoice = 'auto'): boolean {
  if (choice !== 'auto') return choice === 'always';
  if (environment['NO_COLOR']) return false;
  const forced = forcedBy(environment);
  if (forced !== null) return forced;
  return isTerminal && environment['CLICOLOR'] !== '0' && environment['TERM'] !== 'dumb';
}

/** Null where nothing is said. FORCE_COLOR is Node's word, and may be empty. */
function forcedBy({ FORCE_COLOR, CLICOLOR_FORCE }: Environment): boolean | null {
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return CLICOLOR_FORCE && CLICOLOR_FORCE !== '0' ? true : null;
}
