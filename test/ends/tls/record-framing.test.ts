// Where TLS records end and plain text begins, however the bytes come.
import { expect, test } from 'vitest';
import { RecordFraming } from '../../../src/ends/tls/record-framing.js';
import { everyCut } from '../../support/every-cut.js';

const RECORD = '\x17\x03\x03\x00\x05hello';
const ALERT = '\x15\x03\x03\x00\x02\x01\x00';

function plainTextIn(text: string): string | null {
  return everyCut(Buffer.from(text, 'latin1'), (chunks) => {
    const framing = new RecordFraming();
    for (const chunk of chunks) framing.take(chunk);
    return framing.plainText;
  });
}

test.each([
  ['records alone', RECORD + ALERT, null],
  ['an empty record', `\x17\x03\x03\x00\x00${RECORD}`, null],
  ['text at once', '500 OOPS: child died\r\n', '500 OOPS: child died\r\n'],
  ['text behind records', `${RECORD}${ALERT}500 OOPS\r\n`, '500 OOPS\r\n'],
  ['a wrong version', '\x17\x00\x00', '\x17\x00\x00'],
])('%s', (_, bytes, text) => {
  expect(plainTextIn(bytes)).toBe(text);
});

test('of much text the beginning is kept', () => {
  const framing = new RecordFraming();
  for (let round = 0; round < 10; round += 1) framing.take(Buffer.alloc(100, 'x'));
  expect(framing.plainText).toBe('x'.repeat(512));
});
