// What is reported of handshakes, for programs: who refused what, with which alert, and what came. Nobody has to read the words for it.
import { describe, expect, test } from 'vitest';
import { type BadCertificate, badCertificates } from './bad-certificates.js';
import type { ServerSession } from './ftps-server.js';
import { only } from './tls-ends.js';
import { type FtpsSession, type FtpsSetup, ftpsSession, testCertificates } from './tls-session.js';
import { leavesNothingOpen } from './watched-proxy.js';

leavesNothingOpen();

const certificates = testCertificates();
const bad = badCertificates(certificates.own);

const failed = ({ seen }: FtpsSession) => seen('tls', ({ failure }) => failure !== null);

describe('the certificate of a server', () => {
  test.each<[BadCertificate, string | RegExp, number]>([
    ['expired', 'CERT_HAS_EXPIRED', 1],
    ['not yet valid', 'CERT_NOT_YET_VALID', 1],
    ['self-signed', 'DEPTH_ZERO_SELF_SIGNED_CERT', 1],
    ['wrong name', 'HOSTNAME_MISMATCH', 1],
    ['unknown authority', /^UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED_CERT_IN_CHAIN$/, 1],
    ['missing intermediate', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 1],
  ])('%s: what the check found, and what came', async (kind, verifyError, length) => {
    const refused = await ftpsSession(certificates, { server: { context: bad(kind) } });
    await refused.client.authenticate();
    const word = typeof verifyError === 'string' ? verifyError : expect.stringMatching(verifyError);
    const facts = await failed(refused);
    expect(facts).toMatchObject({ side: 'server', fault: 'certificate', verifyError: word });
    expect(facts.chain?.length).toBeGreaterThanOrEqual(length);
    const taken = await ftpsSession(certificates, { server: { context: bad(kind) }, tls: { insecure: true } });
    await taken.client.authenticate();
    const accepted = await taken.seen('tls', ({ side }) => side === 'server');
    expect(accepted).toMatchObject({ failure: null, verifyError: word });
  });

  test('is good: nothing is found', async () => {
    const session = await ftpsSession(certificates);
    await session.client.authenticate();
    const facts = await session.seen('tls', ({ side }) => side === 'server');
    expect(facts).not.toHaveProperty('verifyError');
    expect(facts).not.toHaveProperty('fault');
    expect(facts).not.toHaveProperty('asksForCertificate');
  });
});

test.each(['TLSv1.2', 'TLSv1.3'] as const)('a server that wants a certificate of the client, %s', async (version) => {
  const context = { ...certificates.forServer(), maxVersion: version };
  const session = await ftpsSession(certificates, { server: { context, asksForCertificate: true } });
  await session.client.authenticate();
  if (version === 'TLSv1.2') {
    const { alert, asksForCertificate } = await session.seen('tls', ({ side }) => side === 'server');
    const { alert: later } = await session.seen('session-closed');
    expect({ asksForCertificate, alert: alert ?? later }).toMatchObject({
      asksForCertificate: true,
      alert: { from: 'server' },
    });
  } else expect(await session.seen('session-closed')).toMatchObject({ alert: { from: 'server', number: 116 } });
});

describe('a client that was granted TLS', () => {
  async function granted(setup: FtpsSetup = {}): Promise<FtpsSession> {
    const session = await ftpsSession(certificates, setup);
    await session.client.peer.readReply();
    expect(await session.client.ask('AUTH TLS')).toMatch(/^234 /);
    return session;
  }

  test('has no version in common: the proxy says so', async () => {
    const session = await granted({ client: only('TLSv1.2'), tls: { clientMinVersion: 'TLSv1.3' } });
    await expect(session.client.secure()).rejects.toThrow();
    expect(await failed(session)).toMatchObject({
      side: 'client',
      fault: 'alert',
      alert: { from: 'server', number: 70 },
    });
  });

  test.each<[string, string, string]>([['plain FTP', 'USER anna\r\n', 'not-tls']])(
    'sends %s',
    async (_, bytes, fault) => {
      const session = await granted();
      session.client.peer.say(Buffer.from(bytes, 'latin1'));
      expect(await failed(session)).toMatchObject({ side: 'client', fault });
    },
  );

  test('sends nothing', async () => {
    const session = await granted({ proxy: { connectTimeoutMs: 200 } });
    expect(await failed(session)).toMatchObject({ fault: 'not-begun' });
  });
});

describe('a server that agreed to TLS', () => {
  const after234 = (act: (session: ServerSession) => void): FtpsSetup => ({
    server: {
      acts: {
        AUTH: (session) => {
          session.say('234 Go ahead');
          act(session);
        },
      },
    },
    proxy: { connectTimeoutMs: 300 },
  });

  /** Answers the hello with protocol_version. */
  const alerts = ({ peer }: ServerSession) => {
    const socket = peer.detach();
    socket.once('data', () => socket.write('\x15\x03\x03\x00\x02\x02\x46'));
    socket.resume();
  };

  test.each<[string, FtpsSetup, object]>([
    [
      'goes on in the clear',
      after234((one) => one.say('220 Hello again')),
      { fault: 'not-tls', said: /220 Hello|502 Not/ },
    ],
    ['is silent', after234(({ peer }) => peer.detach()), { fault: 'timeout' }],
    ['closes', after234(({ peer }) => peer.socket.end()), { fault: /closed|reset/ }],
    ['alerts', after234(alerts), { fault: 'alert' }],
  ])('%s', async (_, setup, facts) => {
    const session = await ftpsSession(certificates, setup);
    await session.client.authenticate();
    const wanted = Object.entries(facts).map(([key, value]) => [
      key,
      value instanceof RegExp ? expect.stringMatching(value) : value,
    ]);
    expect(await failed(session)).toMatchObject({ side: 'server', ...Object.fromEntries(wanted) });
  });

  test('that alerts: its number', async () => {
    const session = await ftpsSession(certificates, after234(alerts));
    await session.client.authenticate();
    expect(await failed(session)).toMatchObject({ alert: { from: 'server', number: 70 } });
  });
});

test('another protocol is named in a field', async () => {
  const { client, seen } = await ftpsSession(certificates);
  client.peer.say('SSH-2.0-OpenSSH_9.2\r\n');
  expect(await seen('violation')).toMatchObject({ code: 'not-ftp', side: 'client', protocol: 'SSH' });
});
