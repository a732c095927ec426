// Wire bytes as text for people. One character a byte keeps every byte; a second reading as UTF-8 where the bytes are that.

const NON_ASCII = /[\u0080-\u00ff]/;
/** Most lines are that, and are readable as they are. */
const PRINTABLE_ASCII = /^[ -~]*$/;
// A byte order mark is a character of the text like any other: a decoder left to itself would drop it.
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The UTF-8 reading of one-character-a-byte text; null when it is plain ASCII (nothing to add) or not UTF-8. */
export function utf8Reading(latin1: string): string | null {
  if (!NON_ASCII.test(latin1)) return null;
  try {
    return UTF8.decode(Buffer.from(latin1, 'latin1'));
  } catch {
    return null;
  }
}

/** The same of each line, or the line as it is; null when there is nothing to add to any. */
export function utf8Lines(lines: readonly string[]): readonly string[] | null {
  const readings = lines.map(utf8Reading);
  return readings.every((reading) => reading === null) ? null : lines.map((line, index) => readings[index] ?? line);
}

/**
 * Control characters, C1 included, and what reorders or hides text (bidirectional marks, zero width, fillers, tags, line
 * separators): none of them may reach a terminal from the wire.
 */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\ufff0-\uffff]/gu;

/** Text for a terminal: ASCII control bytes as `\xNN`, other dangerous characters as `\u{NNNN}`. */
export function escapeForTerminal(text: string): string {
  return text.replace(UNSAFE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x80 ? escapedByte(character) : `\\u{${hex(code, 4)}}`;
  });
}

/** One-character-a-byte text as a person reads it: UTF-8 where it is that, other bytes beyond ASCII as `\xNN`. */
export function readableText(latin1: string): string {
  if (PRINTABLE_ASCII.test(latin1)) return latin1;
  return escapeForTerminal(utf8Reading(latin1) ?? latin1.replace(/[\u0080-\u00ff]/g, escapedByte));
}

function escapedByte(character: string): string {
  return `\\x${hex(character.charCodeAt(0), 2)}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
