// Patterns of text: `*` stands for any characters, `?` for one, `\` takes the next character as it is. Upper and lower case are
// the same. These and no regular expressions, as what is searched comes from peers, and must not make the search endless.

const ANY = Symbol('any characters');
const ONE = Symbol('one character');
type Item = string | typeof ANY | typeof ONE;

/** Whether a text is what a pattern asks for. */
export type TextTest = (text: string) => boolean;

/** The whole text has to fit; with `anywhere`, a pattern without wildcards may stand anywhere in it. */
export function textTest(pattern: string, anywhere: boolean): TextTest {
  const items = itemsOf(pattern);
  if (items.some((item) => typeof item === 'symbol')) return (text) => fits(items, text.toLowerCase());
  const literal = items.join('');
  return anywhere ? (text) => text.toLowerCase().includes(literal) : (text) => text.toLowerCase() === literal;
}

/** A pattern that stands for the text itself, whatever is in it. */
export function literalPattern(text: string): string {
  return text.replace(/[\\*?]/g, '\\$&');
}

/** The text of a pattern in which nothing is a wildcard. */
export function plainText(pattern: string): string {
  return pattern.replace(/\\(.)/gsu, '$1');
}

function itemsOf(pattern: string): readonly Item[] {
  return [...pattern.matchAll(/\\(.)|(.)/gsu)].flatMap(([, escaped, plain]): readonly Item[] => {
    if (plain === '*') return [ANY];
    if (plain === '?') return [ONE];
    return (escaped ?? plain ?? '').toLowerCase().split('');
  });
}

/** Takes at most as many steps as pattern and text are long, multiplied: only the last `*` is ever tried again. */
function fits(items: readonly Item[], text: string): boolean {
  let item = 0;
  let at = 0;
  let retry: { readonly item: number; at: number } | null = null;
  while (at < text.length) {
    const wanted = items[item];
    if (wanted === ANY) {
      item += 1;
      retry = { item, at };
    } else if (wanted === ONE || (wanted !== undefined && wanted === text[at])) {
      item += 1;
      at += 1;
    } else if (retry !== null) {
      retry.at += 1;
      at = retry.at;
      item = retry.item;
    } else {
      return false;
    }
  }
  return items.slice(item).every((rest) => rest === ANY);
}
