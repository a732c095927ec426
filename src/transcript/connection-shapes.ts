// The shapes of what is told of how connections fare (observation-shapes.ts).
import { LEG_ENDS, type Stillness } from '../dialogue/connection-facts.js';
import { CONNECTION_FAILURES } from '../protocol/connection-failure.js';

export function isConnectionFailure(value: unknown): boolean {
  return CONNECTION_FAILURES.some((failure) => failure === value);
}

export function isLegEnd(value: unknown): boolean {
  return LEG_ENDS.some((end) => end === value);
}

export function isStillness(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { on, why, ms }: { readonly [Field in keyof Stillness]?: unknown } = value;
  const isSide = on === 'client' || on === 'server';
  return isSide && (why === 'sends-nothing' || why === 'takes-nothing') && typeof ms === 'number';
}
