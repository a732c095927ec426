// The filter language: `~` operators, bare text, `!`, `&` (or nothing) between what has to hold together, `|`, parentheses. From text
// to an expression, or to what is wrong with the text.
import type { FilterExpression, FilterTerm } from './filter-expression.js';
import { FILTER_OPERATORS } from './filter-terms.js';
import { type FilterProblem, type FilterWord, filterWords } from './filter-words.js';

/** Nobody types more; and what is bounded here bounds the parser's depth. */
const MAX_FILTER_CHARACTERS = 1000;
/** One bit for each in what is known of a session. */
export const MAX_FILTER_TERMS = 30;

export type ParsedFilter = { readonly kind: 'filter'; readonly expression: FilterExpression } | FilterProblem;

/** Never throws. */
export function parseFilter(text: string): ParsedFilter {
  if (text.length > MAX_FILTER_CHARACTERS) {
    return {
      kind: 'error',
      at: MAX_FILTER_CHARACTERS,
      message: `a filter has at most ${MAX_FILTER_CHARACTERS} characters`,
    };
  }
  const words = filterWords(text);
  if (!isWords(words)) return words;
  try {
    return { kind: 'filter', expression: new FilterParser(words, text.length).whole() };
  } catch (error) {
    if (error instanceof Wrong) return { kind: 'error', at: error.at, message: error.message };
    throw error;
  }
}

function isWords(words: readonly FilterWord[] | FilterProblem): words is readonly FilterWord[] {
  return Array.isArray(words);
}

/** Leaves the parser's depths; ends as a FilterProblem. */
class Wrong extends Error {
  constructor(
    readonly at: number,
    message: string,
  ) {
    super(message);
  }
}

class FilterParser {
  private next = 0;
  private terms = 0;

  constructor(
    private readonly words: readonly FilterWord[],
    private readonly end: number,
  ) {}

  whole(): FilterExpression {
    const expression = this.alternatives();
    const rest = this.words[this.next];
    if (rest !== undefined) throw new Wrong(rest.at, 'this ) closes nothing');
    return expression;
  }

  private alternatives(): FilterExpression {
    const operands = [this.conjunction()];
    while (this.takeSign('|')) operands.push(this.conjunction());
    return joined('or', operands);
  }

  private conjunction(): FilterExpression {
    const operands = [this.operand()];
    while (this.takeSign('&') || this.isOperandNext()) operands.push(this.operand());
    return joined('and', operands);
  }

  private operand(): FilterExpression {
    const word = this.words[this.next];
    if (word === undefined) throw new Wrong(this.end, EXPECTED);
    this.next += 1;
    if (word.kind === 'operator') return this.operator(word.name, word.at);
    if (word.kind === 'text') return this.term(word, { kind: 'text', pattern: checkedPattern(word) });
    if (word.sign === '!') return { kind: 'not', operand: this.operand() };
    if (word.sign !== '(') throw new Wrong(word.at, `${EXPECTED}, before this ${word.sign}`);
    const inner = this.alternatives();
    if (!this.takeSign(')')) throw new Wrong(word.at, 'this ( is never closed');
    return inner;
  }

  private operator(name: string, at: number): FilterExpression {
    const operator = FILTER_OPERATORS.get(name);
    if (operator === undefined) throw new Wrong(at, `~${name} is no operator: there are ${operatorNames()}`);
    const value = this.words[this.next];
    const text = value?.kind === 'text' ? value : null;
    if (name === 'tls' && text?.pattern.toLowerCase() === 'no') {
      this.next += 1;
      return { kind: 'not', operand: this.term(text, { kind: 'tls', protocol: null }) };
    }
    const made = text === null ? null : operator.make(text.pattern);
    if (text !== null && made !== null) {
      this.next += 1;
      if ('pattern' in made) checkedPattern(text);
      return this.term(text, made);
    }
    if (operator.alone !== undefined) return this.term({ at }, operator.alone);
    if (text === null) throw new Wrong(value?.at ?? this.end, `~${name} takes ${operator.takes}`);
    throw new Wrong(text.at, `~${name} takes ${operator.takes}, and this is none`);
  }

  private term({ at }: { readonly at: number }, term: FilterTerm): FilterTerm {
    this.terms += 1;
    if (this.terms > MAX_FILTER_TERMS) throw new Wrong(at, `a filter has at most ${MAX_FILTER_TERMS} conditions`);
    return term;
  }

  private takeSign(sign: '&' | '|' | ')'): boolean {
    const word = this.words[this.next];
    if (word?.kind !== 'sign' || word.sign !== sign) return false;
    this.next += 1;
    return true;
  }

  private isOperandNext(): boolean {
    const word = this.words[this.next];
    return word !== undefined && (word.kind !== 'sign' || word.sign === '!' || word.sign === '(');
  }
}

const EXPECTED = 'a condition is expected here, such as ~code 550 or a text';

function operatorNames(): string {
  return [...FILTER_OPERATORS.keys()].map((name) => `~${name}`).join(' ');
}

/** People who know mitmproxy write regular expressions, and would wonder why nothing matches. */
function checkedPattern({ pattern, isQuoted, at }: Extract<FilterWord, { kind: 'text' }>): string {
  if (pattern === '') throw new Wrong(at, 'there is nothing in these quotes');
  if (isQuoted || !/^\^|\.\*/.test(pattern)) return pattern;
  throw new Wrong(
    at,
    'patterns know the wildcards * and ? and no regular expressions; in quotes this is taken as it is',
  );
}

/** Of one alone nothing is joined; parentheses around the same kind say nothing. */
function joined(kind: 'and' | 'or', operands: readonly FilterExpression[]): FilterExpression {
  const flat = operands.flatMap((operand) => (operand.kind === kind ? operand.operands : [operand]));
  const [only] = flat;
  return flat.length === 1 && only !== undefined ? only : { kind, operands: flat };
}
