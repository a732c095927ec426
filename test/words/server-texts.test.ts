// What servers' own words mean: replies as vsftpd, ProFTPD, Pure-FTPd, FileZilla Server, IIS and others send them.
import { describe, expect, test } from 'vitest';
import { meaningOfText } from '../../src/words/server-texts.js';

const SAMPLES: Readonly<Record<string, readonly string[]>> = {
  'encryption first': [
    '530 Non-anonymous sessions must use encryption.',
    '530 Anonymous sessions must use encryption.',
    '550 SSL/TLS required on the control channel',
    '421-Sorry, cleartext sessions and weak ciphers are not accepted on this server.',
    '530 This server does not allow plain FTP. You have to use FTP over TLS.',
    '503 Use AUTH first.',
  ],
  'PROT P': [
    '522 Data connections must be encrypted.',
    '522 SSL/TLS required on the data channel',
    '521 PROT P required',
    '425 Server requires protected data connection',
  ],
  'resume the TLS session': [
    '522 SSL connection failed: session reuse required: see require_ssl_reuse option in vsftpd.conf man page',
    '425 Unable to build data connection: TLS session of data connection not resumed.',
  ],
  allow_writeable_chroot: ['500 OOPS: vsftpd: refusing to run with writable root inside chroot()'],
  'another address': ['425 Security: Bad IP connecting.'],
  '--server-mode passive': [
    '500 Illegal PORT command.',
    "500 I won't open a connection to 10.28.14.115 (only to 10.28.14.1)",
  ],
  'cannot read the address': ['501 Illegal PORT command'],
  'one address': [
    '421 There are too many connections from your internet address.',
    '421 Too many connections (8) from this IP',
    '530 Sorry, the maximum number of clients (3) from your host are already connected.',
  ],
};

describe('what servers say in their own words', () => {
  for (const [words, replies] of Object.entries(SAMPLES)) {
    test.each(replies)('%s', (reply) => {
      expect(meaningOfText(Number(reply.slice(0, 3)), [reply], null)).toContain(words);
    });
  }

  test('a server without TLS that wants a login in front of AUTH', () => {
    const lines = ['530 Please login with USER and PASS.'];
    expect(meaningOfText(530, lines, 'AUTH')).toContain('no TLS');
    expect(meaningOfText(530, lines, 'RETR')).toBeNull();
  });

  test.each([
    '550 No such file or directory.',
    '530 Login incorrect.',
    '226 TLS session of data connection has resumed or the session cache is disabled',
    '220 This server requires encryption',
    '550 must use encryption.txt: No such file or directory',
    '425 Failed to establish connection.',
    '421 Timeout.',
    '425 Use PORT or PASV first.',
  ])('nothing is read into %s', (reply) => {
    expect(meaningOfText(Number(reply.slice(0, 3)), [reply], null)).toBeNull();
  });

  test('long replies are looked at in their first lines', () => {
    const lines = [...Array.from({ length: 100 }, () => '530-x'), '530 must use encryption'];
    expect(meaningOfText(530, lines, null)).toBeNull();
    expect(meaningOfText(530, ['530-Hello', '530 Sessions must use encryption'], null)).toContain('encryption first');
  });
});
