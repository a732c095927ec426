// What a filter says, as data; and as text again.
import type { Fault, Severity } from '../dialogue/finding.js';

export type FilterExpression =
  | FilterTerm
  | { readonly kind: 'not'; readonly operand: FilterExpression }
  /** At least two operands, none of them of the same kind. */
  | { readonly kind: 'and' | 'or'; readonly operands: readonly FilterExpression[] };

export type FilterTerm =
  /** Any command, reply or transfer of the session. Patterns as in `pattern.ts`. */
  | { readonly kind: 'cmd' | 'user' | 'path' | 'text' | 'finding'; readonly pattern: string }
  | { readonly kind: 'severity'; readonly severity: Severity }
  | { readonly kind: 'fault'; readonly fault: Fault }
  /** Three characters: digits, or `x` for any. */
  | { readonly kind: 'code'; readonly code: string }
  | { readonly kind: 'mode'; readonly mode: FilterMode }
  /** An address, a range, or a host name with wildcards; with a port behind it, or a port alone. */
  | { readonly kind: 'src' | 'dst'; readonly peer: string }
  /** Null: any version. */
  | { readonly kind: 'tls'; readonly protocol: string | null }
  | { readonly kind: 'err' }
  | { readonly kind: 'size'; readonly comparison: Comparison; readonly bytes: number };

export const FILTER_MODES = ['active', 'passive', 'port', 'eprt', 'pasv', 'epsv'] as const;
export type FilterMode = (typeof FILTER_MODES)[number];

export type Comparison = '<' | '<=' | '=' | '>=' | '>';

/** A text that `parseFilter` makes the same expression of. */
export function formatFilter(expression: FilterExpression): string {
  switch (expression.kind) {
    case 'or':
      return expression.operands.map(formatFilter).join(' | ');
    case 'and':
      return expression.operands.map((operand) => inParentheses(operand, operand.kind === 'or')).join(' ');
    case 'not':
      return `!${inParentheses(expression.operand, expression.operand.kind === 'or' || expression.operand.kind === 'and')}`;
    default:
      return formatTerm(expression);
  }
}

function inParentheses(expression: FilterExpression, needed: boolean): string {
  return needed ? `(${formatFilter(expression)})` : formatFilter(expression);
}

function formatTerm(term: FilterTerm): string {
  switch (term.kind) {
    case 'text':
      return quoted(term.pattern);
    case 'cmd':
    case 'user':
    case 'path':
    case 'finding':
      return `~${term.kind} ${quoted(term.pattern)}`;
    case 'severity':
      return `~severity ${term.severity}`;
    case 'fault':
      return `~fault ${term.fault}`;
    case 'code':
      return `~code ${term.code}`;
    case 'mode':
      return `~mode ${term.mode}`;
    case 'src':
    case 'dst':
      return `~${term.kind} ${quoted(term.peer)}`;
    case 'tls':
      return term.protocol === null ? '~tls yes' : `~tls ${term.protocol}`;
    case 'err':
      return '~err';
    case 'size':
      return `~size ${term.comparison}${term.bytes}`;
  }
}

/** Words of harmless characters need no quotes. */
function quoted(pattern: string): string {
  return /^[A-Za-z0-9/][A-Za-z0-9/_:.@*?-]*$/.test(pattern) && !pattern.includes('.*')
    ? pattern
    : `"${pattern.replaceAll('"', '\\"')}"`;
}
