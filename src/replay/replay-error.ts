// What was asked for cannot be replayed: says in one line what, where, and what to do. The user's to mend.

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
