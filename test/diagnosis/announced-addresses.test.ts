// Addresses that lead nowhere, or not to the one who announced them.
import { describe, expect, test } from 'vitest';
import { type Trace, trace } from './trace.js';

const HOST = '198.51.100.7';
const ELSEWHERE = '8.8.4.4';
const form = (address: string) => `227 Entering Passive Mode (${address.replaceAll('.', ',')},195,81)`;
const asks = (address: string) => trace().opened().connected(HOST).client('PASV').server(form(address));
const captured = (address: string) =>
  trace().opened('192.0.2.10', HOST, 'capture').client('PASV').server(form(address));
/** The proxy connects to `used`. */
const relays = (address: string, used = HOST) => asks(address).link('passive', address, 50_001, used);
const inVain = { outcome: 'failed', cause: 'server-unreachable', failure: 'timed-out' } as const;

describe('the server announces', () => {
  test.each([
    ['0.0.0.0', 'pasv-zero-or-loopback-address'],
    ['127.0.0.1', 'pasv-zero-or-loopback-address'],
    ['10.0.0.1', 'pasv-private-address'],
    ['169.254.3.4', 'pasv-private-address'],
  ])('%s: the proxy mends that', (address, id) => {
    const { findings } = relays(address);
    expect(findings).toMatchObject([
      { diagnosis: id, severity: 'warning', leg: 'server', fault: 'server', mended: true },
    ]);
    expect(findings[0]?.title).toContain(address);
    expect(findings[0]?.fix.server).toMatch(/vsftpd: pasv_address=.*ProFTPD: MasqueradeAddress/);
  });

  test('another public address: worth knowing', () => {
    expect(relays(ELSEWHERE).found).toEqual(['note server pasv-address-differs']);
  });

  test('its own address: nothing', () => expect(relays(HOST, HOST).found).toEqual([]));
  test('loopback, where it is on this host: nothing', () => {
    const local = trace().opened().connected('127.0.0.1').client('PASV').server(form('127.0.0.1'));
    expect(local.link('passive', '127.0.0.1').found).toEqual([]);
  });

  test('an address that is followed, and leads nowhere: that is the error', () => {
    const failed = asks('10.0.0.1').linkDialled('passive', '10.0.0.1').linkClosed(inVain);
    expect(failed.found).toEqual(['error server pasv-private-address']);
    expect(failed.findings[0]?.mended).toBeUndefined();
  });

  test('an address that is mended, and a port that is blocked: the block is the error', () => {
    const { found } = relays('10.0.0.1').linkClosed(inVain);
    expect(found).toEqual(['warning server pasv-private-address', 'error server data-passive-timeout']);
  });

  test('an address that is refused (--pasv-address strict)', () => {
    expect(asks('10.0.0.1').violation('server', 'foreign-address').found).toEqual([
      'error server pasv-private-address',
    ]);
  });

  test('in a capture: a warning, and an error where the client could not connect to it', () => {
    const seen = () => captured('10.0.0.1').linkDialled('passive', '10.0.0.1', 50_001, 'captured');
    expect(seen().violation('server', 'foreign-address').found).toEqual(['warning server pasv-private-address']);
    const failed = seen()
      .client('LIST')
      .linkClosed({ ...inVain, cause: 'failed-by-server' });
    expect(failed.found).toEqual(['warning server pasv-private-address', 'error server pasv-private-address']);
  });
});

describe('the client names', () => {
  const names = (address: string, client = '8.8.8.8'): Trace =>
    trace()
      .opened(client)
      .connected(HOST)
      .client(`PORT ${address.replaceAll('.', ',')},200,0`);

  test('a private address behind NAT, and is refused', () => {
    const { findings } = names('10.0.0.9').proxy('500 Data connections go to 8.8.8.8 only');
    expect(findings).toMatchObject([
      { diagnosis: 'port-private-address', severity: 'error', leg: 'client', fault: 'client' },
    ]);
  });

  test('a private address, and the server takes it: it will fail for somebody', () => {
    expect(names('10.0.0.9').server('200 PORT ok').found).toEqual(['warning client port-private-address']);
  });

  test('a private address before the login: that is refused for another reason', () => {
    expect(names('10.0.0.9').server('530 Please login').found).toEqual([
      'warning client port-private-address',
      'error server not-logged-in',
    ]);
  });

  test('a public address that is not its own', () => {
    const { findings } = names('8.8.4.4').proxy('500 no');
    expect(findings).toMatchObject([{ diagnosis: 'alg-rewrote-address', confidence: 'possible', fault: 'unknown' }]);
  });

  test('its own address: nothing', () => expect(names('10.0.0.9', '10.0.0.9').server('200 ok').found).toEqual([]));
});
