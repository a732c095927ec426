// What was asked for cannot be replayed: says in one line what, where, and what to do. The user's to mend.

/** No more numbers than these are kept of a recording's sessions, to be named. */
export const MAX_KEPT_NUMBERS = 1000;
/** More numbers than these are not named. */
const MAX_NAMED = 20;

export class ReplayError extends Error {
  override readonly name: string = 'ReplayError';
}

/** A password is masked in the recording. The command that asked for the replay says how to give another. */
export class PasswordMasked extends ReplayError {
  override readonly name = 'PasswordMasked';

  constructor(session: number) {
    super(`session ${session}: its password is masked in the recording`);
  }
}

/** A session is asked for that the recording does not have: with those that it has. */
export function noSuchSession(wanted: number, numbers: readonly number[]): ReplayError {
  if (numbers.length === 0) return new ReplayError('there is no session in it');
  const named = numbers.slice(0, MAX_NAMED).join(', ');
  const more = numbers.length > MAX_NAMED ? ` and ${numbers.length - MAX_NAMED} more` : '';
  return new ReplayError(`there is no session ${wanted} in it; it has ${named}${more}`);
}
