// The filter language: what means what, what is said of what means nothing, and that nothing is lost on the way to text and back.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  FILTER_MODES,
  type FilterExpression,
  type FilterTerm,
  formatFilter,
} from '../../src/filter/filter-expression.js';
import { FILTER_OPERATORS } from '../../src/filter/filter-terms.js';
import { MAX_FILTER_TERMS, parseFilter } from '../../src/filter/parse-filter.js';
import { literalPattern } from '../../src/filter/pattern.js';

const text = (pattern: string): FilterTerm => ({ kind: 'text', pattern });
const err: FilterTerm = { kind: 'err' };
const tls: FilterTerm = { kind: 'tls', protocol: null };
const not = (operand: FilterExpression): FilterExpression => ({ kind: 'not', operand });
const and = (...operands: FilterExpression[]): FilterExpression => ({ kind: 'and', operands });
const or = (...operands: FilterExpression[]): FilterExpression => ({ kind: 'or', operands });

function expressionOf(filter: string): FilterExpression {
  const parsed = parseFilter(filter);
  if (parsed.kind === 'error') throw new Error(`${filter}: ${parsed.message}`);
  return parsed.expression;
}

describe('conditions', () => {
  test.each<[string, FilterExpression]>([
    ['~cmd RETR', { kind: 'cmd', pattern: 'RETR' }],
    ['~CMD x*', { kind: 'cmd', pattern: 'x*' }],
    ['~user alice', { kind: 'user', pattern: 'alice' }],
    ['~path "a b"', { kind: 'path', pattern: 'a b' }],
    ["~path 'it\\'s \"this\"'", { kind: 'path', pattern: 'it\'s "this"' }],
    ['~path *.csv', { kind: 'path', pattern: '*.csv' }],
    ['~path what\\?', { kind: 'path', pattern: 'what\\?' }],
    ['~path C:\\\\docs', { kind: 'path', pattern: 'C:\\\\docs' }],
    ['~path ".*"', { kind: 'path', pattern: '.*' }],
    ['~code 550', { kind: 'code', code: '550' }],
    ['~code 5', { kind: 'code', code: '5xx' }],
    ['~code 5xx', { kind: 'code', code: '5xx' }],
    ['~code 5..', { kind: 'code', code: '5xx' }],
    ['~code 42', { kind: 'code', code: '42x' }],
    ['~mode EPSV', { kind: 'mode', mode: 'epsv' }],
    ['~src 10.0.0.0/8', { kind: 'src', peer: '10.0.0.0/8' }],
    ['~dst ftp.example.com:21', { kind: 'dst', peer: 'ftp.example.com:21' }],
    ['~dst [::1]:21', { kind: 'dst', peer: '[::1]:21' }],
    ['~dst :21', { kind: 'dst', peer: ':21' }],
    ['~tls', tls],
    ['~tls yes', tls],
    ['~tls no', not(tls)],
    ['~tls 1.3', { kind: 'tls', protocol: 'TLSv1.3' }],
    ['~tls TLSv1.2', { kind: 'tls', protocol: 'TLSv1.2' }],
    ['~tls 1.0', { kind: 'tls', protocol: 'TLSv1' }],
    ['~err', err],
    ['~size >1m', { kind: 'size', comparison: '>', bytes: 1024 ** 2 }],
    ['~size <=100k', { kind: 'size', comparison: '<=', bytes: 100 * 1024 }],
    ['~size 1.5KiB', { kind: 'size', comparison: '=', bytes: 1536 }],
    ['~size =0', { kind: 'size', comparison: '=', bytes: 0 }],
    ['quota', text('quota')],
    ['"disk full"', text('disk full')],
    ["don't", text("don't")],
  ])('%s', (filter, expression) => {
    expect(expressionOf(filter)).toEqual(expression);
  });
});

describe('how conditions are put together', () => {
  test.each<[string, FilterExpression]>([
    ['a b', and(text('a'), text('b'))],
    ['a & b', and(text('a'), text('b'))],
    ['a&b', and(text('a'), text('b'))],
    ['a | b c', or(text('a'), and(text('b'), text('c')))],
    ['(a | b) c', and(or(text('a'), text('b')), text('c'))],
    ['!a b', and(not(text('a')), text('b'))],
    ['!(a b)', not(and(text('a'), text('b')))],
    ['! ! a', not(not(text('a')))],
    ['((a))', text('a')],
    ['(a b) c', and(text('a'), text('b'), text('c'))],
    ['~err a', and(err, text('a'))],
    ['~tls alice', and(tls, text('alice'))],
    ['~tls !~err', and(tls, not(err))],
    ['~user a|~user b', or({ kind: 'user', pattern: 'a' }, { kind: 'user', pattern: 'b' })],
  ])('%s', (filter, expression) => {
    expect(expressionOf(filter)).toEqual(expression);
  });
});

describe('what means nothing is told, with its place', () => {
  const CONDITION = 'a condition is expected here, such as ~code 550 or a text';
  test.each([
    ['', 0, CONDITION],
    ['  ', 2, CONDITION],
    ['a |', 3, CONDITION],
    ['| a', 0, `${CONDITION}, before this |`],
    ['a & | b', 4, `${CONDITION}, before this |`],
    ['!', 1, CONDITION],
    ['()', 1, `${CONDITION}, before this )`],
    ['(a', 0, 'this ( is never closed'],
    ['a) b', 1, 'this ) closes nothing'],
    ['a "b', 2, 'this quote is never closed'],
    ['a ""', 2, 'there is nothing in these quotes'],
    ['a \\', 2, 'nothing follows this \\, which takes the next character as it is'],
    [
      '~cdoe 550',
      0,
      /^~cdoe is no operator: there are ~cmd ~code ~user ~path ~mode ~src ~dst ~tls ~err ~finding ~severity ~fault ~size$/,
    ],
    ['~ a', 0, /^~ is no operator/],
    ['~code', 5, '~code takes a reply code such as 550, 5xx or 5'],
    ['~code | a', 6, '~code takes a reply code such as 550, 5xx or 5'],
    ['~code 5500', 6, '~code takes a reply code such as 550, 5xx or 5, and this is none'],
    ['~code 9', 6, /and this is none$/],
    ['~mode fast', 6, '~mode takes active, passive, port, eprt, pasv, epsv, and this is none'],
    ['~src 10.0.0.0/99', 5, /^~src takes an address/],
    ['~dst a:99999', 5, /^~dst takes an address/],
    ['~dst [nonsense]', 5, /^~dst takes an address/],
    ['~size big', 6, '~size takes a size such as >1m or <=100k, and this is none'],
    ['~size >', 6, /and this is none$/],
    [
      '~path ^/in',
      6,
      'patterns know the wildcards * and ? and no regular expressions; in quotes this is taken as it is',
    ],
    ['a.*b', 0, /regular expressions/],
    ['x'.repeat(1001), 1000, 'a filter has at most 1000 characters'],
    ['a '.repeat(MAX_FILTER_TERMS + 1), 2 * MAX_FILTER_TERMS, 'a filter has at most 30 conditions'],
  ])('%j', (filter, at, message) => {
    expect(parseFilter(filter)).toEqual({
      kind: 'error',
      at,
      message: typeof message === 'string' ? message : expect.stringMatching(message),
    });
  });

  test('whatever the text, there is an expression or a problem within it', () => {
    const signs = fc.constantFrom('~cmd', '~tls', '~err', '!', '(', ')', '&', '|', '"', "'", '\\', ' ', 'a', '5', '*');
    fc.assert(
      fc.property(fc.array(fc.oneof(signs, fc.string()), { maxLength: 40 }), (parts) => {
        const filter = parts.join('');
        const parsed = parseFilter(filter);
        return parsed.kind === 'filter' || (parsed.at >= 0 && parsed.at <= filter.length && parsed.message !== '');
      }),
    );
  });

  test('however deep it is', () => {
    expect(parseFilter('('.repeat(1000))).toMatchObject({ kind: 'error', at: 1000 });
    expect(parseFilter('!'.repeat(1000))).toMatchObject({ kind: 'error', at: 1000 });
    expect(parseFilter(`${'('.repeat(499)}a${')'.repeat(499)}`)).toEqual({ kind: 'filter', expression: text('a') });
  });
});

/** Anything between the wildcards. */
const pattern = fc
  .array(fc.oneof(fc.string({ maxLength: 3 }).map(literalPattern), fc.constantFrom('*', '?', '"', "'")), {
    minLength: 1,
  })
  .map((parts) => parts.join('') || '*');

const term: fc.Arbitrary<FilterTerm> = fc.oneof(
  fc.record({ kind: fc.constantFrom('cmd', 'user', 'path', 'text' as const), pattern }),
  fc.record({ kind: fc.constant('code' as const), code: fc.constantFrom('550', '5xx', '22x', '1xx') }),
  fc.record({ kind: fc.constant('mode' as const), mode: fc.constantFrom(...FILTER_MODES) }),
  fc.record({
    kind: fc.constantFrom('src', 'dst' as const),
    peer: fc.constantFrom('10.0.0.1', '10.0.0.0/8', '[::1]:21', '*.example.com', ':2121'),
  }),
  fc.record({ kind: fc.constant('tls' as const), protocol: fc.constantFrom(null, 'TLSv1', 'TLSv1.3') }),
  fc.constant(err),
  fc.record({
    kind: fc.constant('size' as const),
    comparison: fc.constantFrom('<', '<=', '=', '>=', '>' as const),
    bytes: fc.nat(),
  }),
);

const { expression } = fc.letrec<{ expression: FilterExpression }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    term,
    tie('expression').map(not),
    joinedBy('and', tie('expression')),
    joinedBy('or', tie('expression')),
  ),
}));

function joinedBy(kind: 'and' | 'or', operand: fc.Arbitrary<FilterExpression>): fc.Arbitrary<FilterExpression> {
  const others = operand.filter((one) => one.kind !== kind);
  return fc.array(others, { minLength: 2, maxLength: 3 }).map((operands) => ({ kind, operands }));
}

test('what is written down is read back', () => {
  fc.assert(
    fc.property(expression, (one) => {
      const written = formatFilter(one);
      fc.pre(written.length <= 1000 && written.split(/~|"/).length < MAX_FILTER_TERMS);
      expect(parseFilter(written), written).toEqual({ kind: 'filter', expression: one });
    }),
    { numRuns: 2000 },
  );
});

test('every operator says what it takes and what it selects', () => {
  for (const { takes, selects } of FILTER_OPERATORS.values()) expect([takes, selects]).not.toContain('');
});
