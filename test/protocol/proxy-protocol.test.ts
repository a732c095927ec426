// The PROXY protocol's headers: what is read out of them, what is refused, and that nothing depends on how they were cut.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalAddress } from '../../src/protocol/endpoint.js';
import { formatProxyHeader, type ProxyHeader, parseProxyHeader } from '../../src/protocol/proxy-protocol.js';
import { everyCut, wire } from '../support/every-cut.js';

const SIGNATURE = '\r\n\r\n\0\r\nQUIT\n';
const IPV4_BODY = '\xc0\x00\x02\x07\xcb\x00\x71\x05\xc0\x00\x00\x15';
const TOLD4 = {
  source: { address: '192.0.2.7', port: 49_152 },
  destination: { address: '203.0.113.5', port: 21 },
};

function v2(versionAndCommand: number, family: number, body: string, length = body.length): string {
  return `${SIGNATURE}${String.fromCharCode(versionAndCommand, family, length >> 8, length & 255)}${body}`;
}

/** Reads as a socket brings it, until there is a verdict. */
function read(chunks: readonly Buffer[]): ProxyHeader {
  let taken = Buffer.alloc(0);
  for (const chunk of chunks) {
    taken = Buffer.concat([taken, chunk]);
    const header = parseProxyHeader(taken);
    if (header.kind !== 'incomplete') return header;
  }
  return { kind: 'incomplete' };
}

describe('whole headers, however they are cut', () => {
  const TOLD6 = {
    source: { address: '2001:db8::7', port: 1 },
    destination: { address: '2001:db8::5', port: 65_535 },
  };
  const ipv6Body = `\x20\x01\x0d\xb8${'\0'.repeat(11)}\x07\x20\x01\x0d\xb8${'\0'.repeat(11)}\x05\x00\x01\xff\xff`;
  test.each([
    ['TCP4', 'v1', 'PROXY TCP4 192.0.2.7 203.0.113.5 49152 21\r\n', TOLD4],
    ['TCP6', 'v1', 'PROXY TCP6 2001:DB8:0::7 2001:db8::5 1 65535\r\n', TOLD6],
    ['IPv4 mapped into IPv6', 'v1', 'PROXY TCP6 ::ffff:192.0.2.7 ::ffff:203.0.113.5 49152 21\r\n', TOLD4],
    ['UNKNOWN', 'v1', 'PROXY UNKNOWN\r\n', null],
    ['UNKNOWN with what is to be ignored', 'v1', 'PROXY UNKNOWN ffff:: ffff:: 1 2 or so\r\n', null],
    ['TCP4', 'v2', v2(0x21, 0x11, IPV4_BODY), TOLD4],
    ['TCP4 with extensions', 'v2', v2(0x21, 0x11, `${IPV4_BODY}\x04\x00\x00\xea\x00\x02ab`), TOLD4],
    ['TCP6', 'v2', v2(0x21, 0x21, ipv6Body), TOLD6],
    ['UNSPEC', 'v2', v2(0x21, 0x00, ''), null],
    ['UNSPEC with what is to be ignored', 'v2', v2(0x21, 0x00, 'xy'), null],
    ['UNIX', 'v2', v2(0x21, 0x31, '\0'.repeat(216)), null],
    ['LOCAL', 'v2', v2(0x20, 0x00, ''), null],
    ['LOCAL with what is to be ignored', 'v2', v2(0x20, 0x77, 'whatever'), null],
  ])('%s of %s', (_name, version, text, told) => {
    const bytes = wire(text);
    expect(everyCut(bytes, read)).toEqual({ kind: 'complete', version, length: bytes.length, told });
    const followed = everyCut(wire(`${text}USER anna\r\n`), read);
    expect(followed).toEqual({ kind: 'complete', version, length: bytes.length, told });
    expect(parseProxyHeader(bytes.subarray(0, -1))).toEqual({ kind: 'incomplete' });
  });
});

describe('what is no header', () => {
  test.each([
    ['PASS secret\r\n', 'the connection begins with PASS'],
    ['\x16\x03\x01', 'the connection begins with \\x16\\x03\\x01'],
    ['PROXX', 'the connection begins with PROXX'],
    ['\r\n\r\nX', 'the connection begins with \\x0d\\x0a\\x0d\\x0a'],
    ['PROXY TCP5 1 2 3 4\r\n', 'it names neither TCP4, TCP6 nor UNKNOWN'],
    ['PROXY \r\n', 'it names neither TCP4, TCP6 nor UNKNOWN'],
    ['PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n', 'its line does not end in CR LF'],
    [`PROXY UNKNOWN ${'x'.repeat(100)}`, 'no line end within 107 bytes'],
    ['PROXY TCP4 1.2.3.4\r\n', 'its addresses are not those of TCP4: 1.2.3.4'],
    ['PROXY TCP4 ::1 ::1 1 2\r\n', 'its addresses are not those of TCP4: ::1 ::1 1 2'],
    ['PROXY TCP6 1.2.3.4 ::1 1 2\r\n', 'its addresses are not those of TCP6: 1.2.3.4 ::1 1 2'],
    ['PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n', 'its addresses are not those of TCP6: fe80::1%eth0 ::1 1 2'],
    ['PROXY TCP4 01.2.3.4 1.2.3.4 1 2\r\n', 'its addresses are not those of TCP4: 01.2.3.4 1.2.3.4 1 2'],
    ['PROXY TCP4 256.2.3.4 1.2.3.4 1 2\r\n', 'its addresses are not those of TCP4: 256.2.3.4 1.2.3.4 1 2'],
    ['PROXY TCP4 1.2.3.4 1.2.3.4 65536 2\r\n', 'its addresses are not those of TCP4: 1.2.3.4 1.2.3.4 65536 2'],
    ['PROXY TCP4 1.2.3.4 1.2.3.4 1 02\r\n', 'its addresses are not those of TCP4: 1.2.3.4 1.2.3.4 1 02'],
    ['PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n', 'its addresses are not those of TCP4: 1.2.3.4 1.2.3.4 1 2 3'],
    ['PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n', 'its addresses are not those of TCP4:  1.2.3.4 1.2.3.4 1 2'],
    [v2(0x11, 0x11, IPV4_BODY), 'its version is 1, not 2'],
    [v2(0x22, 0x11, IPV4_BODY), 'its command 2 is neither LOCAL nor PROXY'],
    [v2(0x21, 0x41, IPV4_BODY), 'it is of an unknown address family or transport'],
    [v2(0x21, 0x12, IPV4_BODY), 'it is for datagrams, not for a connection'],
    [v2(0x21, 0x11, IPV4_BODY.slice(1)), 'its addresses are cut off after 11 bytes'],
    [v2(0x21, 0x21, IPV4_BODY), 'its addresses are cut off after 12 bytes'],
    [v2(0x21, 0x11, `${IPV4_BODY}\x04\x00`), 'its extensions (TLV) do not fit into it'],
    [v2(0x21, 0x11, `${IPV4_BODY}\x04\x00\x05abcd`), 'its extensions (TLV) do not fit into it'],
    [v2(0x21, 0x11, '', 4081), 'it has 4097 bytes, more than 4096'],
  ])('%j', (text, reason) => {
    expect(parseProxyHeader(wire(text))).toEqual({ kind: 'malformed', reason });
    for (let end = 0; end < text.length; end += 1) {
      expect(parseProxyHeader(wire(text.slice(0, end))).kind).not.toBe('complete');
    }
  });
});

const address = fc
  .oneof(fc.ipV4(), fc.ipV6())
  .map(canonicalAddress)
  .filter((text) => text !== null);
const endpoint = fc.record({ address, port: fc.nat(65_535) });

test.each(['v1', 'v2'] as const)('what %s formats is read as it was, whatever follows', (version) => {
  fc.assert(
    fc.property(fc.record({ source: endpoint, destination: endpoint }), fc.uint8Array(), (told, rest) => {
      const header = formatProxyHeader(version, told);
      expect(header.length).toBeLessThanOrEqual(107);
      const parsed = parseProxyHeader(Buffer.concat([header, rest]));
      expect(parsed).toEqual({ kind: 'complete', version, length: header.length, told });
    }),
  );
});

test('a zone says nothing to another machine, and stays out', () => {
  const source = { address: 'fe80::1%eth0', port: 1 };
  const destination = { address: 'fe80::2', port: 2 };
  for (const version of ['v1', 'v2'] as const) {
    const parsed = parseProxyHeader(formatProxyHeader(version, { source, destination }));
    expect(parsed).toMatchObject({ told: { source: { address: 'fe80::1', port: 1 }, destination } });
  }
});

test('garbage is incomplete or malformed, and never throws', () => {
  const start = fc.constantFrom(
    '',
    'PROXY ',
    'PROXY TCP4 ',
    'PROXY TCP6 ',
    SIGNATURE,
    `${SIGNATURE}\x21\x11`,
    `${SIGNATURE}\x21\x21`,
  );
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 300 }), (text, rest) => {
      const header = parseProxyHeader(Buffer.concat([wire(text), rest]));
      expect(['incomplete', 'malformed', 'complete']).toContain(header.kind);
    }),
    { numRuns: 2000 },
  );
});
