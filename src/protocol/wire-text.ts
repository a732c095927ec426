// Wire bytes as text for people. One character a byte keeps every byte; a second reading as UTF-8 where the bytes are that.

const NON_ASCII = /[\u0080-\u00ff]/;
const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** The UTF-8 reading of one-character-a-byte text; null when it is plain ASCII (nothing to add) or not UTF-8. */
export function utf8Reading(latin1: string): string | null {
  if (!NON_ASCII.test(latin1)) return null;
  try {
    return UTF8.decode(Buffer.from(latin1, 'latin1'));
  } catch {
    return null;
  }
}

/**
 * Control characters, C1 included, and what reorders or hides text (bidirectional marks, zero width, line separators):
 * none of them may reach a terminal from the wire.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\uffff]/g;

/** Wire text for a terminal: control bytes as `\xNN`, other dangerous characters as `\u{NNNN}`. */
export function escapeForTerminal(text: string): string {
  return text.replace(UNSAFE, (character) => {
    const code = character.charCodeAt(0);
    return code <= 0xff ? `\\x${hex(code, 2)}` : `\\u{${hex(code, 4)}}`;
  });
}

/** One-character-a-byte text as a person reads it: UTF-8 where it is that, other bytes beyond ASCII as `\xNN`. */
export function readableText(latin1: string): string {
  const utf8 = utf8Reading(latin1);
  if (utf8 !== null) return escapeForTerminal(utf8);
  return escapeForTerminal(latin1).replace(/[\u0080-\u00ff]/g, (character) => `\\x${hex(character.charCodeAt(0), 2)}`);
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
