// Wire bytes shown to people: what is UTF-8 is read as that, to the letter, and nothing from the wire steers a terminal.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { escapeForTerminal, readableText, utf8Reading } from '../../src/protocol/wire-text.js';

const CONTROL_OR_HIDDEN = /[\p{Cc}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

/** Text as it looks when its UTF-8 bytes are read one character a byte. */
function onTheWire(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

describe('read as UTF-8', () => {
  test.each([
    'gr\u00fc\u00dfe',
    '\u20ac',
    '\u{1f600}',
    '\u0085',
    '\u202e',
    '\ufeffa',
    'a\ufeff',
    'e\u0301',
    '\u{10ffff}',
  ])('%j, exactly', (text) => {
    expect(utf8Reading(onTheWire(text))).toBe(text);
  });

  test.each([
    ['nothing', ''],
    ['ASCII, to which it adds nothing', 'RETR a\0\x7f'],
    ['Latin-1', 'gr\xfc\xdfe'],
    ['a cut sequence', '\xe2\x82'],
    ['an overlong slash', '\xc0\xaf'],
    ['a surrogate', '\xed\xa0\x80'],
    ['beyond Unicode', '\xf4\x90\x80\x80'],
    ['UTF-8 and one byte more', `${onTheWire('\u20ac')}\xff`],
  ])('not %s', (_name, latin1) => {
    expect(utf8Reading(latin1)).toBeNull();
  });
});

describe('escaped for a terminal', () => {
  test('every control byte of ASCII', () => {
    const codes = [...Array(32).keys(), 0x7f];
    for (const code of codes) {
      expect(escapeForTerminal(String.fromCharCode(code))).toBe(`\\x${code.toString(16).padStart(2, '0')}`);
    }
  });

  test('nothing of what can be seen in ASCII', () => {
    const seen = String.fromCharCode(...Array.from({ length: 95 }, (_, index) => 0x20 + index));
    expect(escapeForTerminal(seen)).toBe(seen);
  });

  test('every C1 control character', () => {
    for (let code = 0x80; code < 0xa0; code += 1) {
      expect(escapeForTerminal(String.fromCharCode(code))).toBe(`\\u{00${code.toString(16)}}`);
    }
  });

  test.each([
    ['soft hyphen', '\u00ad'],
    ['Arabic letter mark', '\u061c'],
    ['Hangul filler', '\u3164'],
    ['Mongolian vowel separator', '\u180e'],
    ['zero width space', '\u200b'],
    ['zero width joiner', '\u200d'],
    ['left-to-right mark', '\u200e'],
    ['line separator', '\u2028'],
    ['paragraph separator', '\u2029'],
    ['right-to-left override', '\u202e'],
    ['word joiner', '\u2060'],
    ['isolate', '\u2066'],
    ['variation selector', '\ufe0f'],
    ['byte order mark', '\ufeff'],
    ['annotation', '\ufff9'],
    ['no character', '\uffff'],
    ['tag', '\u{e0041}'],
  ])('%s', (_name, character) => {
    const code = character.codePointAt(0)?.toString(16).padStart(4, '0');
    expect(escapeForTerminal(`a${character}b`)).toBe(`a\\u{${code}}b`);
    expect(readableText(onTheWire(`a${character}b`))).toBe(`a\\u{${code}}b`);
  });

  test.each(['gr\u00fc\u00dfe', '\u65e5\u672c', '\u{1f600}', '\u05d0', '\u0600', 'e\u0301', '\u00a0'])(
    'not %s',
    (text) => {
      expect(escapeForTerminal(text)).toBe(text);
    },
  );
});

describe('readable', () => {
  test.each([
    ['ASCII', 'RETR a b', 'RETR a b'],
    ['UTF-8', onTheWire('gr\u00fc\u00dfe \u{1f600}'), 'gr\u00fc\u00dfe \u{1f600}'],
    ['Latin-1', 'gr\xfc\xdfe', 'gr\\xfc\\xdfe'],
    ['UTF-8 and one byte more', `${onTheWire('\u20ac')}\xff`, '\\xe2\\x82\\xac\\xff'],
    ['C1 as a byte', '\x9b2J', '\\x9b2J'],
    ['C1 in UTF-8', '\xc2\x9b2J', '\\u{009b}2J'],
    ['an escape sequence', '\x1b[2J\xfc', '\\x1b[2J\\xfc'],
    ['line ends', 'a\r\nb', 'a\\x0d\\x0ab'],
  ])('%s', (_name, latin1, expected) => {
    expect(readableText(latin1)).toBe(expected);
  });
});

describe('properties', () => {
  test('no text leaves a control character or a hidden one', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(escapeForTerminal(text)).not.toMatch(CONTROL_OR_HIDDEN);
      }),
    );
  });

  test('no bytes leave a control character or a hidden one', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(readableText(Buffer.from(bytes).toString('latin1'))).not.toMatch(CONTROL_OR_HIDDEN);
      }),
    );
  });

  test('what was written as UTF-8 is read as it was written', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const ascii = Buffer.byteLength(text) === text.length;
        expect(utf8Reading(onTheWire(text))).toBe(ascii ? null : text);
      }),
    );
  });
});
