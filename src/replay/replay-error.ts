// What was asked for cannot be replayed: says in one line what, where, and what to do. The user's to mend.

export class ReplayError extends Error {
  override readonly name: string = 'ReplayError';
}

/** A password is masked in the recording. How another can be given is for whoever asked for the replay to say. */
export class PasswordMasked extends ReplayError {
  override readonly name = 'PasswordMasked';

  constructor(session: number) {
    super(`session ${session}: its password is masked in the recording`);
  }
}
