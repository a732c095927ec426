// A filter at work: asked of one session after the other, observation by observation, as they come. A filter selects whole sessions:
// one matches when what it says holds for anything that happened in it.
import type { Observation } from '../dialogue/observation.js';
import type { FilterExpression } from './filter-expression.js';
import { type TermTest, type TermVerdict, termTest } from './term-tests.js';

/** A set of conditions: one bit for each. */
type Bits = number;

type Rule = (holding: Bits, failing: Bits) => TermVerdict;

export class SessionFilter {
  /** The kinds that it has to see; others need not be shown to it. */
  readonly kinds: ReadonlySet<Observation['kind']>;
  private readonly tests: TermTest[] = [];
  private readonly rule: Rule;

  constructor(expression: FilterExpression) {
    this.rule = this.ruleOf(expression);
    this.kinds = new Set(this.tests.flatMap(({ kinds }) => kinds));
  }

  /** For one session. */
  matcher(): SessionMatcher {
    return new SessionMatcher(this.tests, this.rule);
  }

  private ruleOf(expression: FilterExpression): Rule {
    switch (expression.kind) {
      case 'not':
        return not(this.ruleOf(expression.operand));
      case 'and':
        return all(expression.operands.map((operand) => this.ruleOf(operand)));
      case 'or':
        return not(all(expression.operands.map((operand) => not(this.ruleOf(operand)))));
      default:
        return condition(1 << (this.tests.push(termTest(expression)) - 1));
    }
  }
}

/** What is known of one session. */
export class SessionMatcher {
  private holding: Bits = 0;
  private failing: Bits = 0;

  constructor(
    private readonly tests: readonly TermTest[],
    private readonly rule: Rule,
  ) {}

  take(observation: Observation): void {
    this.tests.forEach(({ kinds, ask }, index) => {
      if (((this.holding | this.failing) >> index) & 1 || !kinds.includes(observation.kind)) return;
      const verdict = ask(observation);
      if (verdict === true) this.holding |= 1 << index;
      if (verdict === false) this.failing |= 1 << index;
    });
  }

  /** Whether the session matches, were it to end now. */
  get matches(): boolean {
    return this.rule(this.holding, ~this.holding) === true;
  }

  /** Whether nothing that may come changes that. */
  get isFinal(): boolean {
    return this.rule(this.holding, this.failing) !== null;
  }
}

function condition(bit: Bits): Rule {
  return (holding, failing) => ((holding & bit) !== 0 ? true : (failing & bit) !== 0 ? false : null);
}

function not(rule: Rule): Rule {
  return (holding, failing) => {
    const verdict = rule(holding, failing);
    return verdict === null ? null : !verdict;
  };
}

function all(rules: readonly Rule[]): Rule {
  return (holding, failing) => {
    const verdicts = rules.map((rule) => rule(holding, failing));
    return verdicts.includes(false) ? false : verdicts.includes(null) ? null : true;
  };
}
