// What a replayed server answers itself where the recording has nothing: what clients cannot do without, whatever they were recorded
// with. All else that is unknown stays unknown.

const ANSWERS: Readonly<Record<string, string>> = {
  USER: '331 Any password will do.',
  PASS: '230 Welcome to the recording.',
  ACCT: '230 Welcome to the recording.',
  NOOP: '200 NOOP ok.',
  QUIT: '221 Goodbye.',
  ALLO: '202 No need to allocate.',
};

/** A reply's line; null when there is none. `folder` is where the client is, as far as that is known. */
export function ownAnswer(verb: string, argument: string, folder: string | null): string | null {
  if ((verb === 'PWD' || verb === 'XPWD') && folder !== null)
    return `257 "${folder.replaceAll('"', '""')}" is the current directory.`;
  const word = argument.trim().toUpperCase();
  if (verb === 'TYPE' && /^(?:A(?: N)?|I|L 8)$/.test(word)) return `200 Type set to ${word}.`;
  if (verb === 'MODE' && word === 'S') return '200 Mode set to S.';
  if (verb === 'STRU' && word === 'F') return '200 Structure set to F.';
  if (verb === 'REST' && /^\d{1,15}$/.test(word)) return `350 Restarting at ${word}.`;
  return Object.hasOwn(ANSWERS, verb) ? (ANSWERS[verb] ?? null) : null;
}
