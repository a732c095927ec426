// What servers say, as rules ask for it.
import type { ReplySeen } from '../dialogue/observation.js';
import type { Sighting } from './row.js';
import type { SessionPicture } from './session-picture.js';

const MAX_LINES = 4;
const MAX_CHARACTERS = 300;

/** The words of a reply, as far as a rule looks at them. */
export function wordsOf({ lines }: Pick<ReplySeen, 'lines'>): string {
  return lines.slice(0, MAX_LINES).join(' ').slice(0, MAX_CHARACTERS);
}

/** Its first line, as a title quotes it. */
export function headline({ lines, code }: Pick<ReplySeen, 'lines' | 'code'>): string {
  return lines[0] ?? String(code);
}

/** The server refuses a command of these verbs with such words; null where it does not. `words`: whatever it says. */
export function refusal(
  reply: ReplySeen,
  session: SessionPicture,
  verbs: readonly string[] | null,
  words: RegExp | null,
  least = 400,
): Sighting | null {
  if (reply.by !== 'server' || reply.code < least) return null;
  const command = session.commandOf(reply);
  if (verbs !== null && (command === null || !verbs.includes(command.verb))) return null;
  if (words !== null && !words.test(wordsOf(reply))) return null;
  const said = command === null ? {} : { command: command.line, verb: command.verb, path: command.argument };
  return { confidence: 'certain', leg: 'server', values: { ...said, reply: headline(reply) }, evidence: [command] };
}
