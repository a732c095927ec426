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

/** What the recording tells, though nobody asked for it when it was made. */
export interface KnownOfRecording {
  /** Where the client is; null where that is not known. */
  readonly knownFolder: string | null;
  /** How long a file is; null where that is not known. */
  sizeOf(argument: string): number | null;
}

/** A reply's line; null when there is none. */
export function ownAnswer(verb: string, argument: string, known: KnownOfRecording): string | null {
  const { knownFolder: folder } = known;
  const size = verb === 'SIZE' ? known.sizeOf(argument) : null;
  if (size !== null) return `213 ${size}`;
  if ((verb === 'PWD' || verb === 'XPWD') && folder !== null)
    return `257 "${folder.replaceAll('"', '""')}" is the current directory.`;
  const word = argument.trim().toUpperCase();
  if (verb === 'TYPE' && /^(?:A(?: N)?|I|L 8)$/.test(word)) return `200 Type set to ${word}.`;
  if (verb === 'MODE' && word === 'S') return '200 Mode set to S.';
  if (verb === 'STRU' && word === 'F') return '200 Structure set to F.';
  if (verb === 'REST' && /^\d{1,15}$/.test(word)) return `350 Restarting at ${word}.`;
  return Object.hasOwn(ANSWERS, verb) ? (ANSWERS[verb] ?? null) : null;
}
