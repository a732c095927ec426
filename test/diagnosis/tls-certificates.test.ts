import { describe, expect, test } from 'vitest';
import type { CertificateSummary, TlsSeen } from '../../src/dialogue/observation.js';
import { NOON } from '../transcript/observations.js';
import { type Trace, trace } from './trace.js';

const DAY_MS = 24 * 60 * 60 * 1000;

function certificate(fromDay = -100, toDay = 200, names = ['DNS:ftp.example.com']): CertificateSummary {
  const at = (day: number) => new Date(NOON + day * DAY_MS).toUTCString();
  const who = { subject: 'CN=ftp.example.com', issuer: 'CN=R3', fingerprint256: 'AA' };
  return { ...who, names, validFrom: at(fromDay), validTo: at(toDay) };
}

const asked = (how: 'reverse' | 'capture' = 'reverse') =>
  trace()
    .opened('192.0.2.10', '198.51.100.7', how)
    .connected()
    .server('220 (vsFTPd 3.0.5)')
    .client('AUTH TLS')
    .server('234 ok');
const shows = (facts: Partial<TlsSeen>, how: 'reverse' | 'capture' = 'reverse') =>
  asked(how).tls('server', { certificate: certificate(), ...facts });
const refused = (verifyError: string, facts: Partial<TlsSeen> = {}) =>
  shows({ failure: 'no', fault: 'certificate', verifyError, ...facts });

describe('the certificate of a server', () => {
  test.each<[string, string]>([
    ['CERT_HAS_EXPIRED', 'tls-cert-expired'],
    ['CERT_NOT_YET_VALID', 'tls-cert-not-yet-valid'],
    ['HOSTNAME_MISMATCH', 'tls-cert-name-mismatch'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls-cert-untrusted'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls-cert-untrusted'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'tls-cert-untrusted'],
    ['EE_KEY_TOO_SMALL', 'tls-version-or-cipher'],
  ])('%s: an error, where it is refused', (verifyError, id) => {
    const one = refused(verifyError);
    expect(one.found).toEqual([`error server ${id}`]);
    expect(one.findings[0]).toMatchObject({ fault: 'server', confidence: 'certain' });
  });

  test('accepted all the same (--insecure): a warning; a note, where it is only not trusted', () => {
    expect(shows({ verifyError: 'CERT_HAS_EXPIRED' }).found).toEqual(['warning server tls-cert-expired']);
    expect(shows({ verifyError: 'HOSTNAME_MISMATCH' }).found).toEqual(['warning server tls-cert-name-mismatch']);
    expect(shows({ verifyError: 'DEPTH_ZERO_SELF_SIGNED_CERT' }).found).toEqual(['note server tls-cert-untrusted']);
  });

  test('which of three it is: self-signed, an intermediate that is missing, or a private authority', () => {
    const chain = (...issuers: string[]) => issuers.map((issuer) => ({ subject: 'CN=x', issuer }));
    const why = (one: Trace) => one.findings[0]?.title;
    expect(why(refused('DEPTH_ZERO_SELF_SIGNED_CERT'))).toMatch(/not trusted: it is self-signed$/);
    const published = { ...certificate(), issuerUrl: 'http://r3.example.com/' };
    const leafAlone = { chain: chain('CN=R3'), certificate: published };
    expect(why(refused('UNABLE_TO_VERIFY_LEAF_SIGNATURE', leafAlone))).toMatch(
      /the intermediate certificate of CN=R3 is missing \(http:\/\/r3\.example\.com\/\)$/,
    );
    expect(why(refused('UNABLE_TO_VERIFY_LEAF_SIGNATURE', { chain: chain('CN=Own') }))).toMatch(
      /CN=Own signed it, which is not known, and no certificate of that authority came with it$/,
    );
    const whole = { chain: chain('CN=Mid', 'CN=Root') };
    expect(why(refused('SELF_SIGNED_CERT_IN_CHAIN', whole))).toMatch(/its chain ends at CN=Root, a private authority$/);
    expect(why(refused('UNABLE_TO_GET_ISSUER_CERT_LOCALLY', whole))).toMatch(/ends at CN=Root, which is not known$/);
  });

  test('names, and what to do', () => {
    const [finding] = refused('HOSTNAME_MISMATCH', {
      certificate: certificate(-1, 100, ['DNS:*.hoster.example']),
    }).findings;
    expect(finding?.title).toBe("the server's certificate is for DNS:*.hoster.example, not for ftp.example.com");
    expect(finding?.fix).toMatchObject({ proxy: expect.stringContaining('--server-name NAME') });
  });

  test('silent: a good one', () => expect(shows({}).found).toEqual([]));

  test.each<[string, CertificateSummary, string[]]>([
    ['in 13 days', certificate(-300, 13), ['warning server tls-cert-ends-soon']],
    ['in 15 days', certificate(-300, 15), []],
    ['in 3 days, and was made for 6', certificate(-3, 3), []],
  ])('ends %s', (_, one, findings) => expect(shows({ certificate: one }).found).toEqual(findings));

  test('of a data connection differs', () => {
    const data = (fingerprint256: string) =>
      shows({})
        .link('passive', '198.51.100.7')
        .dataTls('server', { certificate: { ...certificate(), fingerprint256 } });
    expect(data('BB').findings).toMatchObject([
      { diagnosis: 'tls-data-cert-differs', severity: 'warning', mended: true },
    ]);
    expect(data('AA').found).toEqual([]);
  });
});

describe('in a capture, where nobody checked', () => {
  test.each<[string, Partial<TlsSeen>, string[]]>([
    ['it is good', {}, []],
    ['it has expired', { certificate: certificate(-300, -1) }, ['warning server tls-cert-expired']],
    ['it is for later', { certificate: certificate(10, 100) }, ['warning server tls-cert-not-yet-valid']],
    ['it is for another name', { serverName: 'ftp.example.org' }, ['warning server tls-cert-name-mismatch']],
    ['a star fits', { certificate: certificate(-1, 100, ['DNS:*.example.com']) }, []],
    [
      'a star stands for one label',
      { serverName: 'a.b.example.com', certificate: certificate(-1, 100, ['DNS:*.example.com']) },
      ['warning server tls-cert-name-mismatch'],
    ],
    ['nobody was asked for', { serverName: null }, ['note client tls-sni-missing']],
    ['the address fits', { serverName: null, certificate: certificate(-1, 100, ['IP Address:198.51.100.7']) }, []],
    ['none came (TLS 1.3 without its keys)', { serverName: null, certificate: null }, []],
  ])('%s', (_, facts, findings) => expect(shows(facts, 'capture').found).toEqual(findings));

  test('the client refuses it: its alert says why', () => {
    const one = shows({ failure: 'alert', fault: 'alert', alert: { from: 'client', number: 48 } }, 'capture');
    expect(one.found).toEqual(['error client tls-cert-untrusted']);
    expect(one.findings[0]).toMatchObject({
      fault: 'server',
      title: expect.stringContaining("the server's certificate"),
    });
  });
});

describe("the proxy's own certificate", () => {
  const alert = (number: number) =>
    asked().tls('client', {
      failure: 'alert',
      fault: 'alert',
      alert: { from: 'client', number },
      shownNames: ['127.0.0.1'],
    });

  test.each<[number, string]>([
    [48, 'tls-cert-untrusted'],
    [46, 'tls-cert-untrusted'],
    [45, 'tls-cert-expired'],
    [42, 'tls-cert-name-mismatch'],
    [80, 'tls-handshake-failed'],
  ])('alert %d of the client', (number, id) => {
    expect(alert(number).found).toEqual([`error client ${id}`]);
  });

  test('what to do about it', () => {
    expect(alert(48).findings[0]).toMatchObject({
      ...{ leg: 'client', fault: 'client', title: expect.stringMatching(/^the proxy's certificate is not trusted/) },
      fix: { client: expect.stringContaining('ftpscope ca'), proxy: expect.stringContaining('--cert FILE') },
    });
  });

  const handshaken = () => asked().tls('server').tls('client');
  test('the client closes right behind the handshake: possibly', () => {
    const one = handshaken().closed({ by: 'client', cause: 'closed' });
    expect(one.findings).toMatchObject([
      { diagnosis: 'tls-cert-untrusted', severity: 'warning', confidence: 'possible' },
    ]);
    expect(handshaken().client('USER a').server('331 x').closed({ by: 'client', cause: 'closed' }).found).toEqual([]);
    expect(handshaken().closed({ by: 'server', cause: 'closed' }).found).toEqual([]);
  });
});

describe('a certificate of the client', () => {
  test.each<[string, Trace]>([
    ['alert 116', asked().tls('server', { failure: 'x', fault: 'alert', alert: { from: 'server', number: 116 } })],
    [
      'it was asked for, and alert 40',
      asked().tls('server', {
        failure: 'x',
        fault: 'alert',
        asksForCertificate: true,
        alert: { from: 'server', number: 40 },
      }),
    ],
    [
      'alert 116 behind the handshake (TLS 1.3)',
      asked()
        .tls('server')
        .tls('client')
        .closed({ by: 'server', cause: 'lost', alert: { from: 'server', number: 116 } }),
    ],
  ])('is required: %s', (_, one) => {
    expect(one.found).toEqual(['error server tls-client-cert-required']);
    expect(one.findings[0]?.fix.proxy).toContain('--client-cert FILE --client-key FILE');
  });

  test.each<[string, Trace, string[]]>([
    ['it is only asked for (vsftpd)', shows({ asksForCertificate: true }), []],
    [
      'alert 40, and it was not asked for',
      asked().tls('server', { failure: 'x', fault: 'alert', alert: { from: 'server', number: 40 } }),
      ['error server tls-version-or-cipher'],
    ],
  ])('silent: %s', (_, one, findings) => expect(one.found).toEqual(findings));
});
