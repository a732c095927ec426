// What was asked for cannot be replayed: says in one line what, where, and what to do. The user's to mend.

export class ReplayError extends Error {
  override readonly name = 'ReplayError';
}
