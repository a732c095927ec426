// What must be there of how connections fare, and of which type (observation-shapes.ts).
import { LEG_ENDS, type Stillness } from '../dialogue/connection-facts.js';
import { CONNECTION_FAILURES } from '../protocol/connection-failure.js';
import { hasFields, isNumber, isSide, type Unchecked } from './shape-checks.js';

export function isConnectionFailure(value: unknown): boolean {
  return CONNECTION_FAILURES.some((failure) => failure === value);
}

export function isLegEnd(value: unknown): boolean {
  return LEG_ENDS.some((end) => end === value);
}

export function isStillness(value: unknown): boolean {
  if (!hasFields(value)) return false;
  const { on, why, ms }: Unchecked<Stillness> = value;
  return isSide(on) && (why === 'sends-nothing' || why === 'takes-nothing') && isNumber(ms);
}
