import { describe, expect, test } from 'vitest';
import { type Trace, trace } from './trace.js';

const greeted = (greeting = '220 (vsFTPd 3.0.5)') => trace().opened().connected().server(greeting);
const secured = () => greeted().client('AUTH TLS').server('234 ok').tls('server').tls('client');
const loggedIn = (one: Trace) => one.client('USER anna').server('331 go on').client('PASS ****').server('230 in');

describe('TLS is required', () => {
  test.each([
    '530 Non-anonymous sessions must use encryption.',
    '530 Anonymous sessions must use encryption.',
    '534 Policy requires SSL.',
    '550 SSL/TLS required on the control channel',
    '421-Sorry, cleartext sessions and weak ciphers are not accepted on this server.\n421 Please reconnect using TLS security mechanisms.',
    '530 This server does not allow plain FTP. You have to use FTP over TLS.',
    '530 SSL is required to connect to this account',
    '503 Use AUTH first.',
  ])('%s', (text) => {
    const one = greeted().client('USER anna').server(text);
    expect(one.found).toEqual(['error server tls-required']);
    expect(one.findings[0]).toMatchObject({
      fault: 'client',
      fix: { proxy: expect.stringContaining('--server-tls require') },
    });
  });

  test('the client encrypts, and the proxy does not: its fault', () => {
    const one = greeted()
      .client('AUTH TLS')
      .proxy('234 ok')
      .tls('client')
      .client('USER a')
      .server('530 must use encryption.');
    expect(one.findings[0]).toMatchObject({ diagnosis: 'tls-required', fault: 'proxy' });
  });

  test.each(['530 Login incorrect.', '530 Please login with USER and PASS.', '331 SSL required? No, a password.'])(
    'silent: %s',
    (text) => expect(greeted().client('USER anna').server(text).found).not.toContain('error server tls-required'),
  );

  test('silent: the same words of a file, behind the login', () => {
    expect(loggedIn(greeted()).client('RETR x').server('550 TLS is required.txt: no such file').found).not.toContain(
      'error server tls-required',
    );
  });
});

describe('AUTH is refused', () => {
  const refused = (text = '530 Please login with USER and PASS.') => greeted().client('AUTH TLS').server(text);

  test('the client gives up: an error, and no failed login', () => {
    const one = refused().closed({ by: 'client', cause: 'closed' });
    expect(one.found).toEqual(['error server tls-auth-refused']);
    expect(one.findings[0]?.fix.server).toContain('vsftpd: ssl_enable=YES');
  });

  test('the client goes on in the clear: a note', () => {
    expect(loggedIn(refused('502 no')).closed({ by: 'client', cause: 'quit' }).found).toEqual([
      'note server tls-auth-refused',
    ]);
  });

  test('the proxy refuses it', () => {
    const one = greeted().client('AUTH TLS').proxy('502 AUTH does not pass').closed({ by: 'client', cause: 'closed' });
    expect(one.findings[0]).toMatchObject({ diagnosis: 'tls-auth-refused', leg: 'client', fault: 'proxy' });
  });

  test('the proxy encrypts for the client all the same: mended', () => {
    const one = greeted()
      .proxyAsks('AUTH TLS')
      .server('530 no')
      .violation('server', 'unencrypted-server')
      .client('AUTH TLS')
      .proxy('234 ok')
      .tls('client');
    expect(one.findings).toMatchObject([{ diagnosis: 'tls-auth-refused', severity: 'warning', mended: true }]);
  });

  test.each<[string, Trace]>([
    ['another mechanism was granted', refused('504 no').client('AUTH SSL').server('234 ok').closed({ by: 'client' })],
    ['nobody asked for it', greeted().closed({ by: 'client' })],
    ['granted', secured().closed({ by: 'client' })],
  ])('silent: %s', (_, one) => expect(one.found.filter((it) => it.includes('auth'))).toEqual([]));
});

describe('PROT', () => {
  test.each([
    '522 Data connections must be encrypted.',
    '522 SSL/TLS required on the data channel',
    '521 Data connection cannot be opened with this PROT setting.',
    '521 PROT P required',
    '425 Server requires protected data connection',
    '534 Policy requires SSL.',
  ])('missing: %s', (text) => {
    expect(
      loggedIn(secured()).client('PASV').server('227 ok (198,51,100,7,195,81)').client('LIST').server(text).found,
    ).toEqual(['error server tls-prot-missing']);
  });

  test('silent: such words without TLS, and other refusals of a transfer', () => {
    expect(loggedIn(greeted()).client('LIST').server('522 Data connections must be encrypted.').found).toEqual([]);
    expect(loggedIn(secured()).client('LIST').server('550 No such folder').found).not.toContain(
      'error server tls-prot-missing',
    );
  });

  test.each<[string, string, string]>([
    ['PROT C', '534 Unwilling to accept security parameters', 'tls-prot-clear-refused'],
    ['PROT P', '536 PROT P unsupported', 'tls-prot-clear-refused'],
    ['PROT P', '503 PROT must be preceded by a successful PBSZ command', 'tls-prot-before-pbsz'],
    ['PBSZ 0', '503 PBSZ needs a secure connection.', 'tls-prot-before-pbsz'],
  ])('%s, %s', (command, text, id) =>
    expect(secured().client(command).server(text).found).toEqual([`warning server ${id}`]),
  );

  test('silent: granted; refused where nothing is encrypted', () => {
    expect(secured().client('PROT C').server('200 ok').found).toEqual([]);
    expect(greeted().client('PROT P').server('530 Please login with USER and PASS.').found).toEqual([]);
  });

  test.each(['client', 'server'] as const)('agreed on, and the %s does not encrypt', (side) => {
    const one = secured().link('passive', '198.51.100.7').dataTls(side, { failure: 'no TLS', fault: 'not-tls' });
    expect(one.found).toEqual([`error ${side} tls-data-mode-mismatch`]);
    expect(one.findings[0]).toMatchObject({ fault: side, link: 1 });
  });
});

describe('in the clear', () => {
  const features = '211-Features:\n AUTH TLS\n UTF8\n211 End';

  test.each<[string, Trace]>([
    ['before the password', loggedIn(greeted().client('FEAT').server(features))],
    ['behind it', loggedIn(greeted()).client('FEAT').server(features)],
  ])('a password, to a server that offers TLS: known %s', (_, one) => {
    expect(one.found).toEqual(['note client tls-credentials-in-clear']);
  });

  test.each<[string, Trace]>([
    ['no TLS offered', loggedIn(greeted().client('FEAT').server('211-Features:\n UTF8\n211 End'))],
    ['encrypted', loggedIn(secured().client('FEAT').server(features))],
    ['on this machine', loggedIn(trace().opened('127.0.0.1').server('220 x').client('FEAT').server(features))],
    [
      'anonymous',
      greeted().client('FEAT').server(features).client('USER anonymous').server('331 x').client('PASS ****'),
    ],
  ])('silent: %s', (_, one) => expect(one.found).toEqual([]));

  test('CCC is a note, used or refused', () => {
    expect(secured().client('CCC').server('200 ok').found).toEqual(['note client tls-ccc-used']);
    expect(secured().client('CCC').server('534 no').found).toEqual(['note client tls-ccc-used']);
  });

  test('text between AUTH and the handshake', () => {
    const one = greeted().client('AUTH TLS').violation('client', 'pipelined-behind-auth');
    expect(one.found).toEqual(['warning client tls-starttls-plaintext-injection']);
  });
});
