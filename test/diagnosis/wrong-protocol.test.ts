import { expect, test } from 'vitest';
import type { OtherProtocol } from '../../src/protocol/other-protocols.js';
import { endpoint, observed } from '../transcript/observations.js';
import { type Trace, trace } from './trace.js';

const OWN = ['on-ftp-port', 'on-plain-port', 'on-implicit-port', 'not-ftp'];
const begun = () => trace().opened().connected();
const speaks = (side: 'client' | 'server', protocol?: OtherProtocol) =>
  begun().violation(side, 'not-ftp', 'it says something', protocol === undefined ? {} : { protocol });
const handshake = (side: 'client' | 'server', facts: object) =>
  trace()
    .opened()
    .tls(side, { failure: 'it failed', protocol: null, ...facts });
const implicit = (port: number) => {
  const ends = { client: endpoint('192.0.2.10', 5000), server: endpoint('198.51.100.7', port) };
  return trace().add(observed('session-opened', { ...ends, how: 'reverse', listener: endpoint('192.0.2.1', 2121) }));
};
const silent = (one: Trace) => one.closed({ by: 'server', cause: 'no-greeting', reason: 'no greeting' });

test.each<[string, Trace, string]>([
  ['a client of SSH', speaks('client', 'SSH'), 'error client ssh-on-ftp-port'],
  ['a server of SSH', speaks('server', 'SSH'), 'error server ssh-on-ftp-port'],
  ['a client of HTTP', speaks('client', 'HTTP'), 'error client http-on-ftp-port'],
  ['a server of HTTP', speaks('server', 'HTTP'), 'error server http-on-ftp-port'],
  ['a client that begins with TLS', speaks('client', 'TLS'), 'error client tls-clienthello-on-plain-port'],
  ['a server that begins with TLS', speaks('server', 'TLS'), 'error server plain-client-on-implicit-port'],
  ['a server of IMAP', speaks('server', 'IMAP'), 'error server upstream-not-ftp'],
  ['a server of SMTP', begun().server('220 mx.example.com ESMTP Postfix'), 'error server upstream-not-ftp'],
  [
    'SSH where an FTP server has greeted, in a capture',
    trace().opened('192.0.2.10', '198.51.100.7', 'capture').server('220 hi').client('SSH-2.0-OpenSSH_9.6'),
    'error client ssh-on-ftp-port',
  ],
  [
    'plain FTP on an implicit port',
    handshake('client', { fault: 'not-tls' }),
    'error client plain-client-on-implicit-port',
  ],
  ['silence there', handshake('client', { fault: 'not-begun' }), 'error client plain-client-on-implicit-port'],
  ['a server at 990 that does not greet', silent(implicit(990)), 'error server plain-client-on-implicit-port'],
  [
    'a plain server where TLS was expected',
    handshake('server', { fault: 'not-tls', said: '220 hi' }),
    'error server plain-server-on-implicit-port',
  ],
])('%s', (_, one, finding) => expect(one.found).toEqual([finding]));

test.each<[string, Trace]>([
  ['a violation of an older transcript, which names no protocol', speaks('client')],
  ['another violation', begun().violation('client', 'line-too-long')],
  ['a greeting that speaks of mail', begun().server('220 ftp.example.com SMTP logs are here')],
  ['a second command that looks like HTTP', begun().client('NOOP').client('GET / HTTP/1.1')],
  ['a file whose name looks like HTTP', begun().client('RETR x HTTP/1.1')],
  ['a server at 21 that does not greet', silent(implicit(21))],
])('silent: %s', (_, one) => expect(one.found.filter((it) => OWN.some((id) => it.endsWith(id)))).toEqual([]));

test('a client that was granted TLS, and speaks plain: no matter of the port', () => {
  const one = begun()
    .server('220 hi')
    .client('AUTH TLS')
    .proxy('234 go on')
    .tls('client', { failure: 'x', fault: 'not-tls' });
  expect(one.found).toEqual(['error client tls-handshake-failed']);
});

test('whose fault it is: that of the client which dials, of the proxy which dials, or of the client in a capture', () => {
  expect(speaks('client', 'SSH').findings[0]).toMatchObject({ fault: 'client' });
  expect(speaks('server', 'SSH').findings[0]).toMatchObject({
    fault: 'proxy',
    title: 'the server speaks SSH (SFTP), not FTP',
  });
});

test('what to do names the option', () => {
  const [finding] = handshake('server', { fault: 'not-tls', said: '220 hi' }).findings;
  expect(finding?.title).toBe('the server speaks plain FTP where implicit FTPS was expected: 220 hi');
  expect(finding?.fix.proxy).toContain('ftpscope proxy ftp://HOST --server-tls require');
});
