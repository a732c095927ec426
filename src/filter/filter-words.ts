// A filter's text as words and signs, each with its place. Knows no operator by name.

export type FilterWord =
  | { readonly kind: 'sign'; readonly sign: '!' | '&' | '|' | '(' | ')'; readonly at: number }
  /** `~` and letters. */
  | { readonly kind: 'operator'; readonly name: string; readonly at: number }
  /** As a pattern: `\` only where the next character is to be taken as it is. */
  | { readonly kind: 'text'; readonly pattern: string; readonly isQuoted: boolean; readonly at: number };

/** What is wrong with a filter's text, and where: `at` counts characters from 0. */
export interface FilterProblem {
  readonly kind: 'error';
  readonly at: number;
  readonly message: string;
}

const WORD = /(?<space>\s+)|(?<sign>[!&|()])|~(?<operator>[A-Za-z]*)|(?<bare>(?:\\.|[^\s&|()\\])+)/suy;
const QUOTES: Readonly<Record<string, RegExp>> = { '"': /"((?:\\.|[^"\\])*)"/suy, "'": /'((?:\\.|[^'\\])*)'/suy };

export function filterWords(text: string): readonly FilterWord[] | FilterProblem {
  const words: FilterWord[] = [];
  for (let at = 0; at < text.length; ) {
    const isQuoted = text[at] === '"' || text[at] === "'";
    const form = (isQuoted ? QUOTES[text[at] ?? ''] : undefined) ?? WORD;
    form.lastIndex = at;
    const match = form.exec(text);
    if (match === null) return problemAt(at, isQuoted);
    const word = isQuoted ? textWord(match[1] ?? '', true, at) : bareWord(match.groups ?? {}, at);
    if (word !== null) words.push(word);
    at = form.lastIndex;
  }
  return words;
}

function problemAt(at: number, isQuoted: boolean): FilterProblem {
  const message = isQuoted
    ? 'this quote is never closed'
    : 'nothing follows this \\, which takes the next character as it is';
  return { kind: 'error', at, message };
}

function bareWord(groups: Readonly<Record<string, string | undefined>>, at: number): FilterWord | null {
  const { space, sign, operator, bare } = groups;
  if (space !== undefined) return null;
  if (operator !== undefined) return { kind: 'operator', name: operator.toLowerCase(), at };
  if (sign === '!' || sign === '&' || sign === '|' || sign === '(' || sign === ')') return { kind: 'sign', sign, at };
  return textWord(bare ?? '', false, at);
}

/** Wildcards mean the same in quotes, which only keep blanks and signs together. */
function textWord(text: string, isQuoted: boolean, at: number): FilterWord {
  const pattern = text.replace(/\\(.)/gsu, (both, character: string) =>
    '\\*?'.includes(character) ? both : character,
  );
  return { kind: 'text', pattern, isQuoted, at };
}
