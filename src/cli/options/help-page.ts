// How help is laid out: options in groups, the common ones first, everything as wide as the terminal is. The layout of commander
// serves wide terminals alone.
import { type Command, Help, Option } from 'commander';
import { COMMON_HEADING, headingOf, placeOf } from './help-groups.js';

/** Where stdout is no terminal. */
const DEFAULT_COLUMNS = 80;
const LEAST_COLUMNS = 30;
/** Terms that are longer stand above their description. */
const LONGEST_TERM = 27;
/** A description that would be narrower stands below its term. */
const NARROWEST_DESCRIPTION = 30;
const INDENT = 2;
const GAP = 2;
const COMMENT = '  # ';
const STACKED_INDENT = 6;
/** A command that has no more options shows all of them. */
const FEW_OPTIONS = 18;

const HELP_ALL = '--help-all';

/** Whether all options are asked for, and the arguments as commander understands them. */
export function helpRequest(argv: readonly string[]): { readonly showsAll: boolean; readonly argv: string[] } {
  const end = argv.indexOf('--');
  const isFlag = (argument: string, index: number) => argument === HELP_ALL && (end < 0 || index < end);
  return { showsAll: argv.some(isFlag), argv: argv.map((one, index) => (isFlag(one, index) ? '--help' : one)) };
}

function helpColumns(): number {
  return Math.max(LEAST_COLUMNS, process.stdout.columns ?? DEFAULT_COLUMNS);
}

/** For `configureHelp`. */
export function helpPage(showsAll: boolean): Partial<Help> {
  const layout = new Help();
  return {
    helpWidth: helpColumns(),
    visibleOptions(command) {
      const options = layout.visibleOptions(command).filter(({ long }) => long !== HELP_ALL);
      for (const one of options) one.helpGroup(headingOf(one.long ?? ''));
      const place = ({ long }: Option) => placeOf(long ?? '');
      options.sort((a, b) => place(a) - place(b));
      const shown = showsAll ? options : options.filter((one) => !isRare(one, command));
      const hidden = options.filter((one) => !shown.includes(one));
      return hidden.length > 0 || showsAll ? withHelpAll(shown, hidden) : shown;
    },
    // Not all of them have their options and arguments yet.
    subcommandTerm: (command) => command.name(),
    groupItems: (_all, visible, groupOf) => layout.groupItems(visible, visible, groupOf),
    formatItem: (term, termWidth, description) => helpItem(term, termWidth, description, helpColumns()),
    boxWrap: (text, width) => wrappedWords(text, width).join('\n'),
  };
}

function isRare({ long }: Option, { options }: Command): boolean {
  return options.length > FEW_OPTIONS && headingOf(long ?? '') !== COMMON_HEADING;
}

function withHelpAll(shown: readonly Option[], hidden: readonly Option[]): Option[] {
  const others = [...new Set(hidden.map(({ helpGroupHeading = '' }) => helpGroupHeading.replace(/:$/, '')))];
  const description = hidden.length === 0 ? 'all options' : `all options, ${hidden.length} more: ${others.join(', ')}`;
  const all = new Option(HELP_ALL, description).helpGroup(COMMON_HEADING);
  const last = shown.findLastIndex((one) => headingOf(one.long ?? '') === COMMON_HEADING);
  return shown.toSpliced(last + 1, 0, all);
}

/** A term and what it means: side by side, or where there is no room for that, one below the other. */
function helpItem(term: string, termWidth: number, description: string, columns: number): string {
  const margin = ' '.repeat(INDENT);
  if (description === '') return `${margin}${term}`;
  const side = INDENT + Math.min(termWidth, LONGEST_TERM) + GAP;
  const isStacked = columns - side < NARROWEST_DESCRIPTION;
  const indent = isStacked ? STACKED_INDENT : side;
  const [first = '', ...rest] = wrappedWords(description, columns - indent).map(
    (line) => `${' '.repeat(indent)}${line}`,
  );
  const isBeside = !isStacked && INDENT + term.length + GAP <= side;
  const head = isBeside ? [`${margin}${term}`.padEnd(side) + first.slice(side)] : [`${margin}${term}`, first];
  return [...head, ...rest].join('\n');
}

/** Words on lines of up to so many characters; the lines that are there stay apart. */
export function wrappedWords(text: string, columns: number): string[] {
  return text.split('\n').flatMap((line) => wrappedLine(line, columns));
}

function wrappedLine(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** A call of the program, ready to be pasted, and what it does. */
export type HelpExample = readonly [command: string, does?: string];

/** What stands below the options. `columns` is the width to fill. */
export function examplesText(examples: readonly HelpExample[], columns = helpColumns()): string {
  const lines = examples.flatMap(([command, does]) => [
    ...(does === undefined ? [] : wrappedWords(does, columns - COMMENT.length).map((line) => COMMENT + line)),
    ...shellLines(command, columns),
  ]);
  return ['', 'Examples:', ...lines].join('\n');
}

export function paragraph(text: string): string {
  return wrappedWords(text, helpColumns()).join('\n');
}

/** What the exit statuses mean. */
export function statusText(statuses: string): string {
  return paragraph(`Exit status: ${statuses}.`);
}

/** Names and their meanings, as options are laid out. */
export function itemsText(items: readonly (readonly [term: string, description: string])[]): string[] {
  const width = Math.max(...items.map(([term]) => term.length));
  return items.map(([term, description]) => helpItem(term, width, description, helpColumns()));
}

/** One command on several lines, as a shell reads them: broken at spaces outside of quotes. */
function shellLines(command: string, columns: number): string[] {
  // A flag stays with its value.
  const words = command.match(/(?:-[-\w]+ (?=[^-|&\s]))?(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [];
  const lines: string[] = [];
  let line = ' '.repeat(INDENT) + (words[0] ?? '');
  for (const word of words.slice(1)) {
    if (line.length + 1 + word.length + ' \\'.length > columns) {
      lines.push(`${line} \\`);
      line = ' '.repeat(STACKED_INDENT) + word;
    } else line += ` ${word}`;
  }
  return [...lines, line];
}
