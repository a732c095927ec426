// What ends a command with one clear line instead of a stack: the user's mistakes, and failures that were to be
// expected.

/** The user asked for what cannot be: says what, where, and what to do. Exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Asked for rightly, and could not be done: says what and why. Exit status 1. */
export class Failure extends Error {
  override readonly name = 'Failure';
}

/** It did not come to what was asked for, so there is no verdict on that either way. Exit status 3. */
export class CouldNotRun extends Failure {}

/** Failed, and the user has been told already. */
export class ToldFailure extends Failure {
  constructor() {
    super('');
  }
}
