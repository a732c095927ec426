// PASV and EPSV that are refused, or answered in a way that cannot be read.
import { describe, expect, test } from 'vitest';
import { trace } from './trace.js';

const loggedIn = (client = '192.0.2.10', server = '198.51.100.7') =>
  trace().opened(client, server).connected(server).client('USER a').server('230 Login successful.');
const captured = (client = '192.0.2.10') =>
  trace().opened(client, '198.51.100.7', 'capture').client('USER a').server('230 ok');
const GOOD_227 = '227 Entering Passive Mode (198,51,100,7,195,81)';

describe('PASV', () => {
  test('switched off', () => {
    const { findings } = loggedIn().client('PASV').server('550 Permission denied.');
    expect(findings).toMatchObject([{ diagnosis: 'pasv-rejected', leg: 'server', fault: 'server' }]);
    expect(findings[0]?.fix).toMatchObject({
      server: expect.stringContaining('pasv_enable=YES'),
      proxy: expect.stringContaining('--server-mode active'),
    });
  });

  test('switched off, and the proxy serves it all the same', () => {
    const session = loggedIn().proxyAsks('PASV').server('550 Permission denied.');
    expect(session.found).toEqual([]);
  });

  test('before the login: that is the reason', () => {
    expect(trace().opened().client('PASV').server('530 Please login').found).toEqual(['error server not-logged-in']);
  });

  test.each([
    '425 Unable to open a passive connection',
    '425 All reserved TCP ports are busy',
    '500 Cannot bind: Address already in use',
  ])('no port left: %s', (reply) => {
    expect(loggedIn().client('PASV').server(reply).found[0]).toBe('error server passive-range-exhausted');
  });

  test('over IPv6', () => {
    const { findings } = loggedIn('2001:db8::1', '2001:db8::2')
      .client('PASV')
      .proxy('425 PASV cannot carry an IPv6 address');
    expect(findings).toMatchObject([{ diagnosis: 'pasv-on-ipv6', leg: 'client', fault: 'client' }]);
    const seen = captured('2001:db8::1').client('PASV').server('501 PASV: Operation not permitted');
    expect(seen.found).toEqual(['error server pasv-on-ipv6']);
    expect(loggedIn().client('PASV').proxy('425 no').found).toEqual([]);
  });

  test('answered without an address', () => {
    expect(captured().client('PASV').server('227 ok').found).toEqual(['error server pasv-reply-malformed']);
    expect(loggedIn().client('PASV').server('227 ok').found).toEqual([]);
    const told = loggedIn().client('PASV').server('227 ok').violation('server', 'bad-address');
    expect(told.found).toEqual(['error server pasv-reply-malformed']);
  });

  test('answered without parentheses: not everybody reads that', () => {
    const { found } = loggedIn().client('PASV').server('227 Entering Passive Mode 198,51,100,7,195,81');
    expect(found).toEqual(['warning server pasv-reply-malformed']);
  });

  test('answered as usual', () => expect(loggedIn().client('PASV').server(GOOD_227).found).toEqual([]));
});

describe('EPSV', () => {
  test('refused, and the client falls back: worth knowing', () => {
    const { found } = loggedIn().client('EPSV').server('500 Unknown command').client('PASV').server(GOOD_227).closed();
    expect(found).toEqual(['note server epsv-rejected']);
  });

  test('refused, and the client gives up', () => {
    const { findings } = loggedIn()
      .client('EPSV')
      .server('500 Unknown command')
      .client('QUIT')
      .server('221 bye')
      .closed();
    expect(findings.at(-1)).toMatchObject({
      diagnosis: 'epsv-rejected',
      severity: 'error',
      leg: 'client',
      fault: 'client',
    });
  });

  test('refused, and the proxy serves it all the same', () => {
    const session = loggedIn().proxyAsks('EPSV').server('500 no').proxyAsks('PASV').server(GOOD_227);
    const { findings } = session.client('EPSV').proxy('229 Entering Extended Passive Mode (|||40001|)');
    expect(findings).toMatchObject([{ diagnosis: 'epsv-rejected', severity: 'warning', mended: true }]);
  });

  test.each([
    ['229 ok (|||50000|)', []],
    ['229 ok (!!!50000!)', []],
    ['229 ok', ['error server epsv-reply-malformed']],
  ] as const)('answered %s', (reply, found) => expect(captured().client('EPSV').server(reply).found).toEqual(found));

  test('EPSV ALL, then PASV', () => {
    const all = () => loggedIn().client('EPSV ALL').server('200 EPSV ALL ok.');
    expect(all().client('PASV').server('550 Permission denied.').found).toEqual(['error client epsv-all-then-other']);
    expect(all().client('EPSV').server('229 ok (|||50000|)').found).toEqual([]);
  });
});

describe('a transfer without a port', () => {
  const asks = () => loggedIn().client('LIST').server('425 Use PORT or PASV first.');
  test('that nobody asked for', () => expect(asks().found).toEqual(['error client transfer-without-data-setup']));
  test('that was refused before: no wonder', () => {
    const refused = loggedIn().client('PASV').server('550 no').client('LIST').server('425 Use PORT or PASV first.');
    expect(refused.found).toEqual(['error server pasv-rejected']);
  });
});
