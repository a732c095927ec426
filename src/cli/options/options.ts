// What the commands share of commander: values that name their option when they are wrong, and the options of every
// view.
import { type Command, InvalidArgumentError, Option } from 'commander';
import { DEFAULT_BOARD_LIMITS } from '../../dashboard/model/board.js';
import { UsageError } from '../program/errors.js';
import { parseCount } from './values.js';

export function option(flags: string, description: string): Option {
  return new Option(flags, description);
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
      option('-q, --quiet', 'say nothing but errors, where it listens, and what --json or --plain asks for').conflicts(
        'verbose',
      ),
    )
    .addOption(option('-v, --verbose', 'show also how connections come about, and what every command means'));
}
