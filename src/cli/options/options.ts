// What the commands share of commander: values that name their option when they are wrong, and the options of every
// view.
import { type Command, InvalidArgumentError, Option } from 'commander';
import { DEFAULT_BOARD_LIMITS } from '../../dashboard/model/board.js';
import { closestName } from '../../net/options/closest-name.js';
import { COLOR_CHOICES } from '../program/colors.js';
import { UsageError } from '../program/errors.js';
import { FAILING_SEVERITIES } from '../program/fail-on.js';
import { parseCount } from './values.js';

export function option(flags: string, description: string): Option {
  return new HelpfulOption(flags, description);
}

/** Says which choice may have been meant. */
class HelpfulOption extends Option {
  override choices(values: readonly string[]): this {
    super.choices(values);
    this.argParser((text: string) => {
      if (values.includes(text)) return text;
      const closest = closestName(text, values);
      const guess = closest === null ? '' : `Did you mean ${closest}? `;
      throw new InvalidArgumentError(`${guess}Allowed choices are ${values.join(', ')}.`);
    });
    this.argChoices = [...values];
    return this;
  }
}

/** A parser of values as commander takes it: it adds the option's name and the text to what the parser says. */
export function parsed<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw error instanceof UsageError ? new InvalidArgumentError(error.message) : error;
    }
  };
}

/** For an option that may be given several times: collects the values, in place of the default. */
export function appended<T>(parse: (text: string) => T): (text: string, previous: unknown) => T[] {
  const parseOne = parsed(parse);
  const collected: T[] = [];
  return (text) => {
    collected.push(parseOne(text));
    return collected;
  };
}

/** For an option that may be given for each side: a later value wins over an earlier. */
export function merged<T extends object>(parse: (text: string) => T): (text: string, previous: unknown) => Partial<T> {
  const parseOne = parsed(parse);
  let all: Partial<T> = {};
  return (text) => {
    all = { ...all, ...parseOne(text) };
    return all;
  };
}

export function addViewOptions(command: Command): void {
  command
    .addOption(option('--json', 'show observations as NDJSON').conflicts('plain'))
    .addOption(option('--plain', 'show a plain transcript, one line an event'))
    .addOption(
      option('--dashboard', 'show the dashboard, also where stdout is no terminal').conflicts(['json', 'plain']),
    )
    .addOption(
      option('--keep-sessions <count>', 'how many sessions the dashboard keeps, the newest')
        .argParser(parsed(parseCount))
        .default(DEFAULT_BOARD_LIMITS.maxSessions),
    )
    .addOption(
      option('--color <when>', 'colors: auto is in a terminal, unless NO_COLOR or CLICOLOR=0 is set')
        .choices(COLOR_CHOICES)
        .default('auto'),
    );
  addLoudnessOptions(command);
}

/** For commands whose observations are diagnosed. */
export function addDiagnosisOptions(command: Command): void {
  command
    .addOption(option('--no-findings', 'show what happened, without a diagnosis'))
    .addOption(
      option('--fail-on <severity>', 'exit status 1 when there is a finding of this severity, or a worse one').choices(
        FAILING_SEVERITIES,
      ),
    );
}

/** For every command: what it says beside its data. */
export function addLoudnessOptions(command: Command): void {
  command
    .addOption(option('-q, --quiet', 'only errors, where it listens, and what --json or --plain asks for'))
    .addOption(option('-v, --verbose', 'also how connections are made, and what each command means'));
}
