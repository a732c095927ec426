// What is not FTP is named by its first bytes; what is FTP is never taken for something else.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { otherProtocol } from '../../src/protocol/other-protocols.js';
import { KNOWN_VERBS } from '../../src/protocol/verbs.js';
import { captureNames, trueLines } from '../support/corpus.js';
import { everyCut, wire } from '../support/every-cut.js';

/** What a connection's bytes are found to be, as they come. */
function found(chunks: readonly Buffer[]): string | null {
  let seen = Buffer.alloc(0);
  for (const chunk of chunks) {
    seen = Buffer.concat([seen, chunk]);
    const protocol = otherProtocol(seen);
    if (protocol !== null) return protocol;
  }
  return null;
}

const PROXY = 'PROXY';

test.each([
  ['SSH', 'SSH-2.0-OpenSSH_9.6\r\n'],
  ['HTTP', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['HTTP', 'OPTIONS * HTTP/1.0\r\n'],
  ['HTTP', 'CONNECT a:443 HTTP/1.1\r\n'],
  ['HTTP', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['HTTP', 'HTTP/1.1 400 Bad Request\r\n'],
  ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ['TLS', '\x16\x03\x03\x00\x7a\x02'],
  ['TLS', '\x15\x03\x03\x00\x02\x02\x28'],
  ['POP3', '+OK POP3 ready\r\n'],
  ['IMAP', '* OK IMAP4rev1 ready\r\n'],
  ['IMAP', '* PREAUTH welcome\r\n'],
  ['IMAP', '* BYE too many\r\n'],
  ['VNC', 'RFB 003.008\n'],
  [PROXY, 'PROXY TCP4 192.0.2.7 192.0.2.8 5000 21\r\n'],
  [PROXY, 'PROXY UNKNOWN\r\n'],
  [PROXY, '\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c'],
])('%s: %j', (protocol, bytes) => {
  expect(everyCut(wire(bytes), found)).toBe(protocol);
});

test('HTTP, however long the path', () => {
  expect(otherProtocol(wire(`GET /${'x'.repeat(5000)} HTTP/1.1\r\n`))).toBe('HTTP');
});

describe('FTP', () => {
  test.each([
    '',
    '\r\n',
    '220 ready\r\n',
    '220-HTTP/1.1 SSH-2.0 +OK * OK\r\n',
    '220',
    '421 SSH-2.0-busy\r\n',
    'USER anna\r\n',
    'USER GET / HTTP/1.1\r\n',
    'RETR a HTTP/1.1\r\n',
    'STOR x HTTP/2\r\n',
    'XCRC x HTTP/1.0\r\n',
    'HTTP\r\n',
    'GET file\r\n',
    'SSH\r\n',
    'OK\r\n',
    '+OKAY?'.slice(1),
    '* is a wildcard\r\n',
    '\xff\xf4\xff\xf2ABOR\r\n',
    '\xff\xfb\x18',
    '\x16',
    '\x15',
    '\x03\x16',
    'RFB\r\n',
  ])('%j may be', (bytes) => {
    expect(everyCut(wire(bytes), found)).toBeNull();
  });

  test('property: a command of the table is FTP, whatever its argument', () => {
    fc.assert(
      fc.property(fc.constantFrom(...KNOWN_VERBS), fc.string({ unit: 'binary-ascii' }), (verb, argument) => {
        for (const text of [argument, 'a HTTP/1.1', `${argument} HTTP/1.1`]) {
          expect(otherProtocol(wire(`${verb} ${text}\r\n`))).toBeNull();
        }
      }),
    );
  });

  test('property: a reply is FTP, whatever its text', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 659 }), fc.string({ unit: 'binary-ascii' }), (code, text) => {
        expect(otherProtocol(wire(`${code} ${text}\r\n`))).toBeNull();
      }),
    );
  });
});

describe('real captures', () => {
  test.each(captureNames())('%s begins as FTP on both sides', (capture) => {
    for (const side of ['C', 'S'] as const) {
      expect(otherProtocol(wire(trueLines(capture, side)[0] ?? ''))).toBeNull();
    }
  });

  test('the SSH line in the midst of ipv6-violation is found', () => {
    expect(trueLines('ipv6-violation', 'S').map((line) => otherProtocol(wire(line)))).toContain('SSH');
  });
});
