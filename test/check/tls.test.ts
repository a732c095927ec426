// TLS of a server: what it offers, what it shows, and what it wants of data connections.
import { describe, expect, test } from 'vitest';
import { LeafCertificates } from '../../src/net/tls/leaf-certificates.js';
import { badCertificates } from '../net/bad-certificates.js';
import { ownAuthority } from '../net/tls/own-authority.js';
import { only } from '../net/tls-ends.js';
import { checked, says, startServerWith } from './checked.js';

const own = ownAuthority();
const bad = badCertificates(own);

async function goodContext() {
  return new LeafCertificates(own().authority).issue({ names: ['127.0.0.1'] });
}

const trusting = () => ({ authorities: own().authority.certificate.toString() });
const NO_MLSD = 'note mlsd-unsupported';

describe('a server that is as it should be', () => {
  test('is encrypted, and lets no one in without', async () => {
    const context = await goodContext();
    const { endpoint } = await startServerWith(
      { USER: (session) => session.say(session.control === null ? '530 Encrypt first' : '331 Password, please') },
      { context },
    );
    const { found, line, report } = await checked(endpoint, { ...trusting(), user: 'anna', password: 'secret' });
    expect(found).toEqual([NO_MLSD]);
    expect(line('tls').text).toMatch(/^AUTH TLS: TLSv1.3/);
    expect(line('certificate').text).toMatch(/^for 127\.0\.0\.1, until .*, trusted$/);
    expect(line('resumption').text).toBe('data connections may resume the TLS session, and need not');
    expect(line('epsv').facts['encrypted']).toBe(true);
    expect(report.connections).toBeLessThan(16);
  });

  test('with TLS from the first byte', async () => {
    const { endpoint } = await startServerWith({}, { context: await goodContext(), implicit: true });
    const { found, line } = await checked({ ...endpoint, implicitTls: true }, trusting());
    expect(found).toEqual([NO_MLSD]);
    expect(line('tls').text).toMatch(/^TLS from the first byte: TLSv1.3/);
  });
});

describe('certificates', () => {
  test.each([
    ['expired', 'error tls-cert-expired'],
    ['not yet valid', 'error tls-cert-not-yet-valid'],
    ['wrong name', 'error tls-cert-name-mismatch'],
    ['self-signed', 'warning tls-cert-untrusted'],
    ['unknown authority', 'warning tls-cert-untrusted'],
    ['missing intermediate', 'warning tls-cert-untrusted'],
  ] as const)('%s', async (kind, finding) => {
    const { endpoint } = await startServerWith({}, { context: bad(kind) });
    const { found } = await checked(endpoint, { ...trusting(), groups: ['connection', 'tls'] });
    expect(found).toEqual([finding]);
  });

  test('each kind of distrust has its words', async () => {
    const { endpoint } = await startServerWith({}, { context: bad('self-signed') });
    const { line } = await checked(endpoint, { groups: ['tls'] });
    expect(line('certificate').findings[0]?.title).toBe("the server's certificate is not trusted: it is self-signed");
  });

  test('no password is sent to a server that may be another; --insecure sends it', async () => {
    const server = await startServerWith({}, { context: bad('self-signed') });
    const anna = { user: 'anna', password: 'secret', groups: ['login', 'data'] } as const;
    const { line, report } = await checked(server.endpoint, anna);
    expect(line('login').text).toContain('the password was not sent');
    expect(report.leftOut.map(({ probe }) => probe)).toContain('pasv');
    expect(server.lines.filter((one) => one.startsWith('PASS'))).toEqual([]);
    const insecure = await checked(server.endpoint, { ...anna, insecure: true });
    expect(insecure.line('pasv').sign).toBe('ok');
  });
});

describe('versions', () => {
  test('old ones are a warning beside new ones, and an error alone', async () => {
    const context = { ...(await goodContext()), minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const;
    const both = await startServerWith({}, { context });
    const options = { ...trusting(), groups: ['tls'] } as const;
    const { found, line } = await checked(both.endpoint, options);
    expect(line('tls-versions').facts['taken']).toEqual(['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']);
    expect(found).toEqual(['warning tls-old-version']);
  });

  test('TLS 1.2 alone is fine', async () => {
    const server = await startServerWith({}, { context: { ...(await goodContext()), ...only('TLSv1.2') } });
    const { found, line } = await checked(server.endpoint, { ...trusting(), groups: ['tls'] });
    expect(line('tls-versions').facts['taken']).toEqual(['TLSv1.2']);
    expect(found).toEqual([]);
  });

  test('a server whose TLS is too old for us is checked in the clear, without a password', async () => {
    const server = await startServerWith({}, { context: { ...(await goodContext()), ...only('TLSv1.1') } });
    const { found, line } = await checked(server.endpoint, { ...trusting(), user: 'anna', password: 'secret' });
    expect(found).toEqual(['error tls-version-or-cipher']);
    expect(line('login').text).toContain('not sent in the clear');
    expect(server.lines.filter((one) => one.startsWith('PASS'))).toEqual([]);
  });
});

describe('data connections', () => {
  test('that must resume are a note, with the settings that say so', async () => {
    const { endpoint } = await startServerWith({}, { context: await goodContext(), requiresReuse: true });
    const { found, line } = await checked(endpoint, trusting());
    expect(line('resumption').facts).toMatchObject({ canResume: true, resumedWorks: true, mustResume: true });
    expect(found).toContain('note tls-session-reuse-required');
    expect(found.filter((one) => one.startsWith('error'))).toEqual([]);
    expect(line('resumption').findings[0]?.fix.server).toContain('require_ssl_reuse=NO');
  });

  test('that are not encrypted, because the server refuses PROT P', async () => {
    const { endpoint } = await startServerWith({ PROT: says('536 Not here') }, { context: await goodContext() });
    const { found, line } = await checked(endpoint, trusting());
    expect(line('protection').sign).toBe('warning');
    expect(found).toContain('warning tls-prot-clear-refused');
  });

  test('that end without close_notify', async () => {
    const { endpoint } = await startServerWith(
      {
        LIST: async (session) => {
          session.say('150 Here');
          const data = await session.open();
          data?.socket.write('-rw-r--r-- 1 f f 1 Nov 30 12:00 a\r\n', () => {
            session.data?.tap.end();
            session.say('226 Done');
          });
        },
      },
      { context: await goodContext() },
    );
    const { found } = await checked(endpoint, { ...trusting(), groups: ['tls'] });
    expect(found).toContain('warning tls-no-close-notify');
  });
});

test('a login in the clear where TLS is on offer: a warning for a named user, a note for anonymous', async () => {
  const server = await startServerWith({}, { context: await goodContext() });
  const groups = ['login'] as const;
  const named = await checked(server.endpoint, { ...trusting(), user: 'anna', password: 'secret', groups });
  expect(named.found).toEqual(['warning tls-credentials-in-clear']);
  expect((await checked(server.endpoint, { ...trusting(), groups })).found).toEqual(['note tls-credentials-in-clear']);
});
